// Mixing the images of a batch with one another, and their labels with them.
// MixUp: Zhang et al. 2018; CutMix: Yun et al. 2019.
import { DataError } from '../../base/errors.ts';
import { readObject } from '../../base/json.ts';
import { RandomStream } from '../../tensor/random.ts';
import { RandomSequence } from '../../tensor/random-sequence.ts';
import { type FloatTensor, floatTensor, type IntTensor } from '../../tensor/tensor.ts';
import { numberWithin, type Range } from './fields.ts';
import type { Amount } from './rule.ts';

/**
 * The fraction of an image that stays is drawn from Beta(alpha, alpha) for each batch. With both methods, each batch uses one
 * of them at random. At least one is given.
 */
export interface Mixing {
  /** Alpha of MixUp: every pixel is a weighted mean of two images. */
  readonly mixup?: number;
  /** Alpha of CutMix: a rectangle comes from another image. */
  readonly cutmix?: number;
}

/** The key of the random numbers of one batch. */
export interface BatchKey {
  readonly seed: number;
  readonly epoch: number;
  /** Of the batch in its epoch, from 0. */
  readonly step: number;
}

const ALPHA: Range = [0.001, 100];

/** How a command line writes the methods. */
export const mixingAmounts: Readonly<Record<keyof Mixing, Amount>> = {
  mixup: { meaning: 'alpha', fallback: 0.2, range: ALPHA },
  cutmix: { meaning: 'alpha', fallback: 1, range: ALPHA },
};

/** Random numbers reserved for one batch. */
const NUMBERS = 256;

/** @throws DataError that starts with `place` */
export function readMixing(json: unknown, place: string): Mixing {
  const fields = readObject(json, place);
  const { mixup, cutmix } = fields;
  if (mixup === undefined && cutmix === undefined) {
    throw new DataError(`${place}: has neither mixup nor cutmix; give at least one, or omit mixing.`);
  }
  return {
    ...(mixup !== undefined && { mixup: numberWithin(fields, 'mixup', place, ALPHA) }),
    ...(cutmix !== undefined && { cutmix: numberWithin(fields, 'cutmix', place, ALPHA) }),
  };
}

/**
 * Mixes image i with image N - 1 - i of the batch, in place, for every i.
 * @param images `[N, C, H, W]`
 * @param labels `[N]`
 * @returns soft labels `[N, K]`: the fractions of both labels in each image
 */
export function mixBatch(
  images: FloatTensor,
  labels: IntTensor,
  classes: number,
  mixing: Mixing,
  { seed, epoch, step }: BatchKey,
): FloatTensor {
  const random = new RandomSequence(
    new RandomStream(seed, 'mixing', epoch),
    step * NUMBERS,
    (step + 1) * NUMBERS,
  );
  const { mixup, cutmix } = mixing;
  const isCutMix = cutmix !== undefined && (mixup === undefined || random.chance(0.5));
  const fraction = drawBeta((isCutMix ? cutmix : mixup) ?? 1, random);
  const kept = isCutMix ? exchangeRectangles(images, fraction, random) : blend(images, fraction);
  return softLabels(labels.data, classes, kept);
}

/** `kept` of each image plus 1 - `kept` of its partner, pixel by pixel. */
function blend({ data, shape }: FloatTensor, kept: number): number {
  const count = shape[0];
  const size = data.length / count;
  for (let image = 0; image < count >> 1; image++) {
    let first = image * size;
    let second = (count - 1 - image) * size;
    for (let i = 0; i < size; i++, first++, second++) {
      const a = data[first];
      const b = data[second];
      data[first] = kept * a + (1 - kept) * b;
      data[second] = kept * b + (1 - kept) * a;
    }
  }
  return kept;
}

/** Partners exchange a rectangle of 1 - `kept` of the area, clipped at the border; returns the fraction that stays. */
function exchangeRectangles({ data, shape }: FloatTensor, kept: number, random: RandomSequence): number {
  const [count, channels, height, width] = shape as [number, number, number, number];
  const [left, right] = drawSide(width, kept, random);
  const [top, bottom] = drawSide(height, kept, random);
  for (let image = 0; image < count >> 1; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const first = (image * channels + channel) * height;
      const second = ((count - 1 - image) * channels + channel) * height;
      for (let y = top; y < bottom; y++) {
        exchange(data, (first + y) * width + left, (second + y) * width + left, right - left);
      }
    }
  }
  return 1 - ((right - left) * (bottom - top)) / (width * height);
}

/** Start and end, along one side, of a rectangle whose center is anywhere in the image. */
function drawSide(extent: number, kept: number, random: RandomSequence): [start: number, end: number] {
  const center = random.integer(extent);
  const half = Math.trunc((extent * Math.sqrt(1 - kept)) / 2);
  return [Math.max(0, center - half), Math.min(extent, center + half)];
}

function exchange(data: Float32Array, first: number, second: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const kept = data[first + i];
    data[first + i] = data[second + i];
    data[second + i] = kept;
  }
}

function softLabels(labels: Int32Array, classes: number, kept: number): FloatTensor {
  const soft = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) {
    soft[row * classes + label] += kept;
    soft[row * classes + labels[labels.length - 1 - row]] += 1 - kept;
  }
  return floatTensor([labels.length, classes], soft);
}

/** Beta(alpha, alpha), from two gamma variables. */
function drawBeta(alpha: number, random: RandomSequence): number {
  const first = drawGamma(alpha, random);
  const second = drawGamma(alpha, random);
  // Both are 0 in 32 bits when alpha is tiny: then one of the images stays whole.
  return first + second > 0 ? first / (first + second) : Number(random.chance(0.5));
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; below 1 by their power of a uniform. */
function drawGamma(alpha: number, random: RandomSequence): number {
  if (alpha < 1) return drawGamma(alpha + 1, random) * (1 - random.uniform()) ** (1 / alpha);
  const d = alpha - 1 / 3;
  for (;;) {
    const normal = drawNormal(random);
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function drawNormal(random: RandomSequence): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}
