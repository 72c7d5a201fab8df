// Contact sheets: many small images in one.
import { withChannels } from '../../image/channels.ts';
import { fitInto } from '../../image/fit.ts';
import type { Image } from '../../image/image.ts';
import { paste } from '../../image/region.ts';
import type { Dataset } from '../dataset.ts';
import { indicesByClass } from '../split.ts';
import { Preprocessor } from '../transforms/preprocessor.ts';
import type { TransformList } from '../transforms/transforms.ts';

const GAP = 2;
const BACKGROUND = 255;

/**
 * Rows of images in cells of `side` x `side` pixels on white, each resized to its cell with its aspect ratio.
 * `(rows x (side + 2) + 2)` pixels high.
 */
export function contactSheet(rows: readonly (readonly Image[])[], side: number): Image {
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const width = columns * (side + GAP) + GAP;
  const height = Math.max(1, rows.length) * (side + GAP) + GAP;
  const data = new Uint8Array(width * height * 3).fill(BACKGROUND);
  const sheet: Image = { width, height, channels: 3, data };
  for (const [y, row] of rows.entries()) {
    for (const [x, image] of row.entries()) {
      const small = withChannels(fitInto(image, side), 3);
      const left = GAP + x * (side + GAP) + ((side - small.width) >> 1);
      const top = GAP + y * (side + GAP) + ((side - small.height) >> 1);
      paste(small, sheet, left, top);
    }
  }
  return sheet;
}

/** Indices of up to `count` images of each class, spread evenly over the class; a row for each class. */
export function spreadOverClasses(dataset: Dataset, count: number): number[][] {
  return indicesByClass(dataset).map((own) => {
    const taken = Math.min(count, own.length);
    return Array.from({ length: taken }, (_, i) => own[Math.floor((i * own.length) / taken)]);
  });
}

/** An image after its transforms in the first epochs of training, before it is normalized. */
export function augmentedSamples(
  image: Image,
  index: number,
  transforms: TransformList,
  epochs: number,
): Image[] {
  const preprocessor = new Preprocessor(transforms);
  return Array.from({ length: epochs }, (_, epoch) => preprocessor.pixels(image, { seed: 0, epoch, index }));
}
