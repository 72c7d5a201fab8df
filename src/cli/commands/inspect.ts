// fovea inspect: feature maps, Grad-CAM, occlusion and unit statistics for an image.

import { join } from 'node:path';
import { type OptionTable, option, positiveInteger, type SettledOf, text, texts } from '../../base/option.ts';
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
import { defineCommand } from '../command.ts';
import { formatInspection } from '../inspect-view.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { openDataFor } from '../open-data.ts';
import { CHECKPOINT_ARGUMENT, engineOptions, openChosenEngine, splitOption } from '../options.ts';
import type { Output } from '../output.ts';
import { withProgress } from '../progress.ts';

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
} as const satisfies OptionTable;

type InspectChoice = SettledOf<typeof options>;

export const configure = defineCommand({
  arguments: [CHECKPOINT_ARGUMENT, ['<image>', 'image file']],
  options,
  help: `
With --data, the statistics of layers are over images of the data set, drawn at random, and each parameter has its gradient norm
as well; without it, they are over the image.

Examples:
  $ fovea inspect runs/demo seven.png --out inside
  $ fovea inspect squeezenet.safetensors dog.jpg --layer features.12 --class Samoyed --out inside`,
  run: runInspect,
});

async function runInspect(
  options: InspectChoice,
  output: Output,
  place: string,
  image: string,
): Promise<void> {
  const { out, layer, class: classes, square, stride } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const pixels = await decodeImage(image, { valueRange: valueRangeOf(checkpoint.preprocessing) });
  const engine = await openChosenEngine(options);
  const { results, images, batch } = await withProgress('occlude', 'squares', (onProgress) =>
    inspect(checkpoint, pixels, {
      engine,
      ...(layer && { layers: layer }),
      ...(classes && { classes }),
      occlusion: { ...(square !== undefined && { side: square }), ...(stride !== undefined && { stride }) },
      onProgress,
    }),
  );
  const units = await unitsFor(checkpoint, batch, engine, options);
  const files = images.map(({ name, description }) => ({ file: join(out, name), about: description }));
  for (const { name, image: drawn } of images) await writePng(drawn, join(out, name));
  const document = { image, ...results, units, files };
  await replaceFile(join(out, 'inspect.json'), [Buffer.from(`${JSON.stringify(document)}\n`)]);
  output.result(document, () => formatInspection(document));
}

async function unitsFor(
  checkpoint: Checkpoint,
  batch: FloatTensor,
  engine: Engine,
  options: InspectChoice,
): Promise<UnitStatistics> {
  const { data, split, images, batchSize, workers } = options;
  if (data === undefined) return imageUnitStatistics(checkpoint, batch, engine);
  const dataset = selectSplit(await openDataFor(checkpoint, { ...options, data }), split);
  return withProgress('count', 'images', (onProgress) =>
    unitStatistics(checkpoint, dataset, { engine, images, batchSize, workers, onProgress }),
  );
}
