// fovea inspect: what a network does inside while it sees a picture.

import { join } from 'node:path';
import type { Command } from 'commander';
import { selectSplit, splitNames } from '../../data/dataset.ts';
import { valueRangeOf } from '../../data/transforms.ts';
import type { Engine } from '../../engines/engine.ts';
import { inspect } from '../../explain/inspect.ts';
import { imageUnitStatistics, type UnitStatistics, unitStatistics } from '../../explain/unit-statistics.ts';
import { decodeImage } from '../../image/decode.ts';
import { writePng } from '../../image/encode.ts';
import { replaceFile } from '../../system/files.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import type { Checkpoint } from '../../train/index.ts';
import { openCheckpoint, type WeightsChoice, withWeights } from '../checkpoint-option.ts';
import { type DataChoice, openDataFor, withData } from '../data-options.ts';
import { formatInspection } from '../inspect-view.ts';
import {
  collect,
  type EngineChoice,
  type JsonOptions,
  type LoadingChoice,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
  withWorkers,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';

interface InspectOptions
  extends Partial<DataChoice>,
    WeightsChoice,
    EngineChoice,
    LoadingChoice,
    JsonOptions {
  readonly out: string;
  readonly layer?: readonly string[];
  readonly class?: readonly string[];
  readonly square?: number;
  readonly stride?: number;
  readonly split: string;
  readonly images: number;
  readonly batchSize: number;
}

export function configure(command: Command): void {
  command
    .argument('<checkpoint>', 'a checkpoint file, or the folder of a run (its best checkpoint)')
    .argument('<image>', 'a picture file')
    .requiredOption('--out <folder>', 'where the pictures and inspect.json go')
    .option(
      '--layer <name>',
      'a layer as `fovea summary` calls it, or a module such as layer1; repeat for more (default: first, middle and last convolution)',
      collect,
    )
    .option('--class <name>', 'explain this class, too, by name or index; repeat for more', collect)
    .option(
      '--square <pixels>',
      'side of the grey square (default: a seventh of the shorter side)',
      wholeNumber(1),
    )
    .option('--stride <pixels>', 'its steps (default: half its side)', wholeNumber(1));
  withJson(withEngine(withWorkers(withWeights(withData(command)))))
    .option('--split <name>', `part of the data: ${splitNames.join(', ')}, or all`, 'test')
    .option('--images <count>', 'most images of the data whose activations are counted', wholeNumber(1), 256)
    .option(
      '--batch-size <count>',
      'images of the data whose gradients are measured together',
      wholeNumber(1),
      32,
    )
    .addHelpText(
      'after',
      '\nWith --data, the figures of layers are those of images of the data, drawn at random, and each parameter has the' +
        '\nnorm of its gradient, too; without it, those of the picture.\n\nExamples:\n' +
        '  $ fovea inspect runs/demo seven.png --out inside\n' +
        '  $ fovea inspect squeezenet.safetensors dog.jpg --layer features.12 --class Samoyed --out inside',
    )
    .action(runInspect);
}

async function runInspect(place: string, image: string, options: InspectOptions): Promise<void> {
  const { out, layer, class: classes, square, stride, json } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const pixels = await decodeImage(image, { valueRange: valueRangeOf(checkpoint.preprocessing) });
  const engine = await openChosenEngine(options);
  const bar = new ProgressBar();
  try {
    const { results, images, batch } = await inspect(checkpoint, pixels, {
      engine,
      ...(layer && { layers: layer }),
      ...(classes && { classes }),
      occlusion: { ...(square !== undefined && { side: square }), ...(stride !== undefined && { stride }) },
      onProgress: (done, total) => bar.update('occlude', done, total, 'squares'),
    });
    const units = await unitsFor(checkpoint, batch, engine, options, bar);
    bar.clear();
    const files: { file: string; about: string }[] = [];
    for (const { name, description, image: drawn } of images) {
      await writePng(drawn, join(out, name));
      files.push({ file: join(out, name), about: description });
    }
    const document = { image, ...results, units, files };
    await replaceFile(join(out, 'inspect.json'), [Buffer.from(`${JSON.stringify(document)}\n`)]);
    openOutput(json).result(document, () => formatInspection(document));
  } finally {
    bar.clear();
  }
}

async function unitsFor(
  checkpoint: Checkpoint,
  batch: FloatTensor,
  engine: Engine,
  options: InspectOptions,
  bar: ProgressBar,
): Promise<UnitStatistics> {
  const { data, split, workers } = options;
  if (data === undefined) return imageUnitStatistics(checkpoint, batch, engine);
  const dataset = selectSplit(await openDataFor(checkpoint, { ...options, data }), split);
  return unitStatistics(checkpoint, dataset, {
    engine,
    images: options.images,
    batchSize: options.batchSize,
    workers,
    onProgress: (done, total) => bar.update('count', done, total, 'images'),
  });
}
