// fovea export: a checkpoint as a file for other programs.

import type { Command } from 'commander';
import { formatBytes } from '../../base/text.ts';
import { type Exported, exportCheckpoint } from '../../transfer/index.ts';
import { openCheckpoint, type WeightsChoice, withWeights } from '../checkpoint-option.ts';
import { type EngineChoice, type JsonOptions, openChosenEngine, withEngine, withJson } from '../options.ts';
import { openOutput } from '../output.ts';

interface ExportCommandOptions extends WeightsChoice, EngineChoice, JsonOptions {
  readonly keepNormalization?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('<checkpoint>', 'a checkpoint file, or the folder of a run (its best checkpoint)')
    .argument('<file>', 'what to write: FILE.onnx, FILE.safetensors, FILE.npz or FILE.pdparams')
    .option('--keep-normalization', 'onnx: leave batch normalisation as it is, not folded into convolutions');
  withJson(withEngine(withWeights(command)))
    .addHelpText(
      'after',
      '\nAn ONNX file (opset 18) takes any number of preprocessed images and gives logits and probabilities. Its metadata' +
        '\nhold the preprocessing and the class names. Weights have the names of torchvision, in FILE.pdparams of Paddle.' +
        '\nAn ONNX file is checked with and without graph optimizations: its logits are compared with those of the' +
        '\nreference engine, or for large networks of the fastest engine (--engine chooses another).' +
        '\n\nExample:\n  $ fovea export runs/demo digits.onnx',
    )
    .action(runExport);
}

async function runExport(place: string, file: string, options: ExportCommandOptions): Promise<void> {
  const { keepNormalization = false, json } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const chosen = options.engine === 'auto' ? {} : { engine: await openChosenEngine(options) };
  const exported = await exportCheckpoint(file, checkpoint, { ...chosen, keepNormalization });
  openOutput(json).result(exported, () => formatExported(exported));
}

function formatExported({ file, bytes, maxDifference }: Exported): string {
  const size = formatBytes(bytes);
  return `${file}: ${size}; largest difference to the checkpoint ${maxDifference.toPrecision(2)}`;
}
