// Occlusion maps: how much the probability of a class drops when a gray square covers part of the image.
// Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.

import { UsageError } from '../base/errors.ts';
import { stackImages } from '../data/loading/batch.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { probabilitiesOf } from '../evaluation/index.ts';
import type { Predictor } from '../evaluation/predictor.ts';
import type { Image } from '../image/image.ts';
import type { Map2d } from './map-2d.ts';

const GRAY = 128;
/** Default side of the square, as a fraction of the image's shorter side: 32 of 224 pixels. */
const DEFAULT_SIDE = 1 / 7;

/** The occluding square, in pixels of the network's input. */
export interface OcclusionWindow {
  readonly side: number;
  /** Distance between neighboring positions of the square. */
  readonly stride: number;
}

/**
 * `side` defaults to a seventh of the image's shorter side, `stride` to half of `side`.
 * @throws UsageError if the square does not fit into the image
 */
export function occlusionWindow({ height, width }: Image, given: Partial<OcclusionWindow>): OcclusionWindow {
  const shorter = Math.min(height, width);
  const side = given.side ?? Math.max(1, Math.round(shorter * DEFAULT_SIDE));
  const stride = given.stride ?? Math.max(1, Math.floor(side / 2));
  checkLength('side of the occluding square', side, shorter, `the network takes ${width} x ${height} pixels`);
  checkLength('stride of the occluding square', stride, side, 'a larger stride would skip pixels');
  return { side, stride };
}

function checkLength(what: string, value: number, most: number, reason: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new UsageError(`the ${what} must be an integer from 1 to ${most} (${reason}), got ${value}.`);
}

/** The occlusion map of one class. */
export interface Occlusion {
  /** Left edges of the squares, in pixels. */
  readonly lefts: readonly number[];
  /** Top edges of the squares, in pixels. */
  readonly tops: readonly number[];
  /** Drop in probability for each square, `[tops, lefts]`; negative where the class becomes more probable. */
  readonly drops: Map2d;
  /** For each pixel, the mean drop of the squares that cover it. */
  readonly meanDrops: Map2d;
}

export interface OcclusionOptions {
  readonly session: Predictor;
  readonly window: OcclusionWindow;
  /** Indices of the classes to explain. */
  readonly classes: readonly number[];
  /** The last step of the preprocessing, which turns pixels into the network's input. */
  readonly normalization: Preprocessing;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One map for each class, from a single pass over the squares. @param pixels preprocessed image before normalization */
export async function occlude(pixels: Image, options: OcclusionOptions): Promise<Occlusion[]> {
  const { session, window, classes, normalization } = options;
  const lefts = edges(pixels.width, window);
  const tops = edges(pixels.height, window);
  const positions = tops.flatMap((top) => lefts.map((left) => ({ left, top })));
  const predict = async (images: readonly Image[]) => {
    const scores = await session.forward(stackImages(images, normalization));
    return images.map((_, row) => probabilitiesOf(scores, row));
  };
  const [original] = await predict([pixels]);
  const occluded: Float32Array[] = [];
  for (let start = 0; start < positions.length; start += session.batchSize) {
    const batch = positions.slice(start, start + session.batchSize);
    occluded.push(...(await predict(batch.map((position) => cover(pixels, { ...position, ...window })))));
    options.onProgress?.(occluded.length, positions.length);
  }
  return classes.map((index) => {
    const data = Float32Array.from(occluded, (probabilities) => original[index] - probabilities[index]);
    const drops = { height: tops.length, width: lefts.length, data };
    return { lefts, tops, drops, meanDrops: meanPerPixel(drops, lefts, tops, window.side, pixels) };
  });
}

/** Multiples of the stride and the last position, so that every pixel is covered. */
function edges(extent: number, { side, stride }: OcclusionWindow): number[] {
  const last = extent - side;
  const regular = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  return regular.at(-1) === last ? regular : [...regular, last];
}

function cover(image: Image, { left, top, side }: { left: number; top: number; side: number }): Image {
  const { width, channels } = image;
  const data = Uint8Array.from(image.data);
  for (let row = top; row < top + side; row++) {
    data.fill(GRAY, (row * width + left) * channels, (row * width + left + side) * channels);
  }
  return { ...image, data };
}

function meanPerPixel(
  { data: drops }: Map2d,
  lefts: readonly number[],
  tops: readonly number[],
  side: number,
  { height, width }: Image,
): Map2d {
  const sums = new Float64Array(height * width);
  const counts = new Uint32Array(height * width);
  for (const [i, top] of tops.entries()) {
    for (const [j, left] of lefts.entries()) {
      for (let row = top; row < top + side; row++) {
        for (let pixel = row * width + left; pixel < row * width + left + side; pixel++) {
          sums[pixel] += drops[i * lefts.length + j];
          counts[pixel] += 1;
        }
      }
    }
  }
  return { height, width, data: Float32Array.from(sums, (sum, pixel) => sum / counts[pixel]) };
}

/** The normalization alone, for pixels on which the rest of the preprocessing is done. */
export function normalizationStep(preprocessing: Preprocessing): Preprocessing {
  return preprocessing.slice(-1) as unknown as Preprocessing;
}
