// fovea export: write a checkpoint for other programs.

import { flag, type OptionTable, option, type SettledOf } from '../../base/option.ts';
import { formatBytes, formatSignificant } from '../../base/text.ts';
import { type Exported, exportCheckpoint } from '../../transfer/index.ts';
import { defineCommand } from '../command.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { CHECKPOINT_ARGUMENT, engineOptions, openChosenEngine } from '../options.ts';
import type { Output } from '../output.ts';

const options = {
  keepNormalization: option(
    flag,
    'keep normalization',
    'ONNX: do not fold batch normalization into convolutions',
  ),
  ...weightsOption,
  ...engineOptions,
} as const satisfies OptionTable;

type ExportChoice = SettledOf<typeof options>;

export const configure = defineCommand({
  arguments: [CHECKPOINT_ARGUMENT, ['<file>', 'FILE.onnx, FILE.safetensors, FILE.npz or FILE.pdparams']],
  options,
  help: `
An ONNX file (opset 18) takes any number of preprocessed images and gives logits and probabilities. Its metadata hold the
preprocessing and the class names. Weights have the names of torchvision, in FILE.pdparams those of Paddle. An ONNX file is
checked with and without graph optimizations: its logits are compared with those of the reference engine, or for large
networks of the fastest engine (or --engine).

Example:
  $ fovea export runs/demo digits.onnx`,
  run: runExport,
});

async function runExport(choice: ExportChoice, output: Output, place: string, file: string): Promise<void> {
  const { keepNormalization = false } = choice;
  const checkpoint = await openCheckpoint(place, choice.weights);
  const chosen = choice.engine === 'auto' ? {} : { engine: await openChosenEngine(choice) };
  const exported = await exportCheckpoint(file, checkpoint, { ...chosen, keepNormalization });
  output.result(exported, () => formatExported(exported));
}

function formatExported({ file, bytes, maxDifference }: Exported): string {
  return `${file}: ${formatBytes(bytes)}; largest difference from the checkpoint ${formatSignificant(maxDifference, 2)}`;
}
