// Occlusion: how much less probable a class becomes while a grey square covers part of the picture.
// Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.

import { UsageError } from '../base/errors.ts';
import { stackImages } from '../data/batch.ts';
import type { Preprocessing } from '../data/transforms.ts';
import { probabilitiesOf } from '../evaluation/index.ts';
import type { Predictor } from '../evaluation/predictor.ts';
import type { Image } from '../image/image.ts';
import type { Plane } from './plane.ts';

const GREY = 128;
/** Side of the square, as a share of the picture's shorter side: 32 of 224 pixels. */
const SHARE = 1 / 7;

/** The square and its steps, in pixels of what the network sees. */
export interface Square {
  readonly side: number;
  readonly stride: number;
}

/** A seventh of the shorter side, in steps of half the square, unless chosen. @throws UsageError if it does not fit in */
export function squareFor({ height, width }: Image, chosen: Partial<Square>): Square {
  const shorter = Math.min(height, width);
  const side = chosen.side ?? Math.max(1, Math.round(shorter * SHARE));
  const stride = chosen.stride ?? Math.max(1, Math.floor(side / 2));
  checkLength('side of the square', side, shorter, `the network sees ${width} x ${height} pixels`);
  checkLength('stride', stride, side, 'every pixel is to be covered');
  return { side, stride };
}

function checkLength(what: string, value: number, most: number, reason: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new UsageError(`the ${what} is ${value}, but ${reason}; use a whole number from 1 to ${most}.`);
}

/** How the probability of a class falls. */
export interface Occlusion {
  /** Left edges of the squares of a row, and upper edges of the rows. */
  readonly lefts: readonly number[];
  readonly tops: readonly number[];
  /** Drop of the probability for each square, `[tops, lefts]`; negative where the class becomes more probable. */
  readonly drops: Plane;
  /** Mean drop of the squares that cover each pixel. */
  readonly cover: Plane;
}

export interface OcclusionOptions {
  readonly session: Predictor;
  readonly square: Square;
  /** Classes to follow, by index. */
  readonly classes: readonly number[];
  /** What remains of the preprocessing when the pixels are made: the normalisation. */
  readonly normalization: Preprocessing;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One map for each class, from one pass. @param pixels the picture as the network sees it, before normalisation */
export async function occlude(pixels: Image, options: OcclusionOptions): Promise<Occlusion[]> {
  const { session, square, classes, normalization } = options;
  const lefts = edges(pixels.width, square);
  const tops = edges(pixels.height, square);
  const places = tops.flatMap((top) => lefts.map((left) => ({ left, top })));
  const rows = async (images: readonly Image[]) => {
    const scores = await session.forward(stackImages(images, normalization));
    return images.map((_, row) => probabilitiesOf(scores, row));
  };
  const [whole] = await rows([pixels]);
  const covered: Float32Array[] = [];
  for (let start = 0; start < places.length; start += session.batchSize) {
    const batch = places.slice(start, start + session.batchSize);
    covered.push(...(await rows(batch.map((place) => covering(pixels, { ...place, ...square })))));
    options.onProgress?.(covered.length, places.length);
  }
  return classes.map((index) => {
    const data = Float32Array.from(covered, (probabilities) => whole[index] - probabilities[index]);
    const drops = { height: tops.length, width: lefts.length, data };
    return { lefts, tops, drops, cover: spread(drops, lefts, tops, square.side, pixels) };
  });
}

/** Every `stride` pixels, and at the far end, so that all pixels are covered. */
function edges(extent: number, { side, stride }: Square): number[] {
  const last = extent - side;
  const regular = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  return regular.at(-1) === last ? regular : [...regular, last];
}

function covering(image: Image, { left, top, side }: { left: number; top: number; side: number }): Image {
  const { width, channels } = image;
  const data = Uint8Array.from(image.data);
  for (let row = top; row < top + side; row++) {
    data.fill(GREY, (row * width + left) * channels, (row * width + left + side) * channels);
  }
  return { ...image, data };
}

function spread(
  { data: drops }: Plane,
  lefts: readonly number[],
  tops: readonly number[],
  side: number,
  { height, width }: Image,
): Plane {
  const sums = new Float64Array(height * width);
  const counts = new Uint32Array(height * width);
  for (const [i, top] of tops.entries()) {
    for (const [j, left] of lefts.entries()) {
      for (let row = top; row < top + side; row++) {
        for (let place = row * width + left; place < row * width + left + side; place++) {
          sums[place] += drops[i * lefts.length + j];
          counts[place] += 1;
        }
      }
    }
  }
  return { height, width, data: Float32Array.from(sums, (sum, place) => sum / counts[place]) };
}

/** The normalisation alone, for pixels that all else has been done to. */
export function normalizationOf(preprocessing: Preprocessing): Preprocessing {
  return preprocessing.slice(-1) as unknown as Preprocessing;
}
