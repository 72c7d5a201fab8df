// fovea export: write a checkpoint for other programs.

import type { Command } from 'commander';
import { flag, type OptionTable, option, type SettledOf, withDefaults } from '../../base/option.ts';
import { formatBytes, formatSignificant } from '../../base/text.ts';
import { type Exported, exportCheckpoint } from '../../transfer/index.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { addOptions, CHECKPOINT_ARGUMENT, engineOptions, jsonOption, openChosenEngine } from '../options.ts';
import { openOutput } from '../output.ts';

const options = {
  keepNormalization: option(
    flag,
    'keep normalization',
    'ONNX: do not fold batch normalization into convolutions',
  ),
  ...weightsOption,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type ExportChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command
    .argument(...CHECKPOINT_ARGUMENT)
    .argument('<file>', 'FILE.onnx, FILE.safetensors, FILE.npz or FILE.pdparams');
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((place: string, file: string, given: ExportChoice) =>
      runExport(place, file, withDefaults(options, given)),
    );
}

const furtherHelp = `
An ONNX file (opset 18) takes any number of preprocessed images and gives logits and probabilities. Its metadata hold the
preprocessing and the class names. Weights have the names of torchvision, in FILE.pdparams those of Paddle. An ONNX file is
checked with and without graph optimizations: its logits are compared with those of the reference engine, or for large
networks of the fastest engine (or --engine).

Example:
  $ fovea export runs/demo digits.onnx`;

async function runExport(place: string, file: string, choice: ExportChoice): Promise<void> {
  const { keepNormalization = false, json } = choice;
  const checkpoint = await openCheckpoint(place, choice.weights);
  const chosen = choice.engine === 'auto' ? {} : { engine: await openChosenEngine(choice) };
  const exported = await exportCheckpoint(file, checkpoint, { ...chosen, keepNormalization });
  openOutput(json).result(exported, () => formatExported(exported));
}

function formatExported({ file, bytes, maxDifference }: Exported): string {
  return `${file}: ${formatBytes(bytes)}; largest difference from the checkpoint ${formatSignificant(maxDifference, 2)}`;
}
