// fovea inspect: feature maps, Grad-CAM, occlusion and unit statistics for an image.

import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type OptionTable,
  option,
  positiveInteger,
  type SettledOf,
  text,
  texts,
  withDefaults,
} from '../../base/option.ts';
import type { Checkpoint } from '../../checkpoints/index.ts';
import { selectSplit } from '../../data/dataset.ts';
import { valueRangeOf } from '../../data/transforms/transforms.ts';
import type { Engine } from '../../engines/engine.ts';
import { inspect } from '../../explain/inspect.ts';
import { imageUnitStatistics, type UnitStatistics, unitStatistics } from '../../explain/unit-statistics.ts';
import { decodeImage } from '../../image/decode.ts';
import { writePng } from '../../image/encode.ts';
import { dataOptions } from '../../recipe/data-options.ts';
import { loadingOptions } from '../../recipe/options.ts';
import { replaceFile } from '../../system/files.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { formatInspection } from '../inspect-view.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { openDataFor } from '../open-data.ts';
import {
  addOptions,
  CHECKPOINT_ARGUMENT,
  engineOptions,
  jsonOption,
  openChosenEngine,
  splitOption,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';

const options = {
  out: option(text, 'output folder', 'folder for the images and inspect.json', { required: true }),
  layer: option(texts, 'layers', 'layer of `fovea summary`, or a module such as layer1; repeat for more', {
    defaultText: 'first, middle and last convolution',
    placeholder: 'name',
  }),
  class: option(texts, 'classes', 'explain this class too, by name or index; repeat for more', {
    placeholder: 'name',
  }),
  square: option(positiveInteger, 'square', 'side of the occluding square, in pixels', {
    defaultText: 'a seventh of the shorter side',
  }),
  stride: option(positiveInteger, 'stride', 'stride of the square, in pixels', {
    defaultText: 'half its side',
  }),
  ...dataOptions,
  ...splitOption,
  images: option(positiveInteger, 'images', 'maximum number of images for unit statistics', { default: 256 }),
  batchSize: option(positiveInteger, 'batch size', 'images per batch for gradient norms', { default: 32 }),
  ...weightsOption,
  ...loadingOptions,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type InspectChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command.argument(...CHECKPOINT_ARGUMENT).argument('<image>', 'image file');
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((place: string, image: string, given: InspectChoice) =>
      runInspect(place, image, withDefaults(options, given)),
    );
}

const furtherHelp = `
With --data, the statistics of layers are over images of the data set, drawn at random, and each parameter has its gradient norm
as well; without it, they are over the image.

Examples:
  $ fovea inspect runs/demo seven.png --out inside
  $ fovea inspect squeezenet.safetensors dog.jpg --layer features.12 --class Samoyed --out inside`;

async function runInspect(place: string, image: string, options: InspectChoice): Promise<void> {
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
  options: InspectChoice,
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
