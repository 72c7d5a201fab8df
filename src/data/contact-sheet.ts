// Contact sheets: many small pictures in one.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';
import { type Dataset, labelsOf } from './dataset.ts';
import { Preprocessor } from './preprocessor.ts';
import type { TransformList } from './transforms.ts';

const GAP = 2;
const BACKGROUND = 255;

/**
 * Rows of images in cells of `side` x `side` pixels, each fitted into its cell in its own shape, on white.
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
      paste(sheet, fitted(image, side), GAP + x * (side + GAP), GAP + y * (side + GAP), side);
    }
  }
  return sheet;
}

function fitted(image: Image, side: number): Image {
  const scale = side / Math.max(image.width, image.height);
  const extent = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return withChannels(resize(image, extent(image.height), extent(image.width)), 3);
}

function paste(sheet: Image, image: Image, left: number, top: number, side: number): void {
  const x = left + ((side - image.width) >> 1);
  const y = top + ((side - image.height) >> 1);
  const row = 3 * image.width;
  for (let line = 0; line < image.height; line++) {
    sheet.data.set(image.data.subarray(line * row, (line + 1) * row), 3 * ((y + line) * sheet.width + x));
  }
}

/** Places of up to `count` images of each class, spread evenly over the class; a row for each class. */
export function spreadOverClasses(dataset: Dataset, count: number): number[][] {
  const members: number[][] = dataset.classes.map(() => []);
  for (const [index, label] of labelsOf(dataset).entries()) members[label]!.push(index);
  return members.map((own) => {
    const taken = Math.min(count, own.length);
    return Array.from({ length: taken }, (_, i) => own[Math.floor((i * own.length) / taken)]!);
  });
}

/** An image as training sees it in its first epochs, before it is normalised. */
export function augmentedSamples(
  image: Image,
  index: number,
  transforms: TransformList,
  epochs: number,
): Image[] {
  const preprocessor = new Preprocessor(transforms);
  return Array.from({ length: epochs }, (_, epoch) => preprocessor.pixels(image, { seed: 0, epoch, index }));
}
