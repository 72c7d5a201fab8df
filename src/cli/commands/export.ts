// fovea export: a checkpoint as a file for other programs.
import type { Command } from 'commander';
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
      '\nAn ONNX file (opset 18) takes any number of prepared images and gives logits and probabilities; how images are' +
        '\nprepared and what the classes are called stands in its metadata. Weights have the names that torchvision gives,' +
        '\nin FILE.pdparams those of Paddle.' +
        '\nAn ONNX file is run with and without graph optimizations and compared with the reference engine, for large' +
        '\nnetworks with the fastest engine, or with the one that --engine names.' +
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
  const size = `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${file}: ${size}; largest difference to the checkpoint ${maxDifference.toPrecision(2)}`;
}
