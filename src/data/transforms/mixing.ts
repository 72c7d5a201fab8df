// Mixing the images of a batch with one another, and their labels with them.
// MixUp: Zhang et al. 2018; CutMix: Yun et al. 2019.
import { DataError } from '../../base/errors.ts';
import { RandomStream } from '../../tensor/random.ts';
import { Draws } from '../../tensor/random-sequence.ts';
import { type FloatTensor, floatTensor, type IntTensor } from '../../tensor/tensor.ts';
import { fieldsOf, numberWithin, type Range } from './fields.ts';

/**
 * The share that an image keeps is drawn from Beta(alpha, alpha) for each batch; with both, each batch is mixed in one way
 * or the other. At least one is given.
 */
export interface Mixing {
  /** Alpha of MixUp: every pixel is a weighted mean of two images. */
  readonly mixup?: number;
  /** Alpha of CutMix: a rectangle comes from another image. */
  readonly cutmix?: number;
}

/** What the numbers of a batch are drawn from. */
export interface BatchKey {
  readonly seed: number;
  readonly epoch: number;
  /** Of the batch in its epoch, from 0. */
  readonly step: number;
}

const ALPHA: Range = [0.001, 100];
/** Random numbers set aside for one batch. */
const NUMBERS = 256;

/** @throws DataError that starts with `place` */
export function readMixing(json: unknown, place: string): Mixing {
  const fields = fieldsOf(json, place);
  const { mixup, cutmix } = fields;
  if (mixup === undefined && cutmix === undefined) {
    throw new DataError(`${place}: has neither mixup nor cutmix; give one, or leave the mixing out.`);
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
 * @returns soft labels `[N, K]`: the shares of both labels in each image
 */
export function mixBatch(
  images: FloatTensor,
  labels: IntTensor,
  classes: number,
  mixing: Mixing,
  { seed, epoch, step }: BatchKey,
): FloatTensor {
  const draws = new Draws(new RandomStream(seed, 'mixing', epoch), step * NUMBERS, (step + 1) * NUMBERS);
  const { mixup, cutmix } = mixing;
  const cuts = cutmix !== undefined && (mixup === undefined || draws.chance(0.5));
  const drawn = drawBeta(cuts ? cutmix : mixup!, draws);
  const kept = cuts ? exchangeRectangles(images, drawn, draws) : blend(images, drawn);
  return softLabels(labels.data, classes, kept);
}

/** `share` of each image and the rest of its partner, pixel by pixel. */
function blend({ data, shape }: FloatTensor, share: number): number {
  const count = shape[0];
  const size = data.length / count;
  for (let image = 0; image < count >> 1; image++) {
    let first = image * size;
    let second = (count - 1 - image) * size;
    for (let i = 0; i < size; i++, first++, second++) {
      const a = data[first];
      const b = data[second];
      data[first] = share * a + (1 - share) * b;
      data[second] = share * b + (1 - share) * a;
    }
  }
  return share;
}

/** Partners exchange a rectangle of 1 - `share` of the area, cut off at the border; gives the share that stays. */
function exchangeRectangles({ data, shape }: FloatTensor, share: number, draws: Draws): number {
  const [count, channels, height, width] = shape as [number, number, number, number];
  const [left, right] = drawSide(width, share, draws);
  const [top, bottom] = drawSide(height, share, draws);
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

/** Where a rectangle with a centre anywhere begins and ends along one side. */
function drawSide(extent: number, share: number, draws: Draws): [start: number, end: number] {
  const center = draws.integer(extent);
  const half = Math.trunc((extent * Math.sqrt(1 - share)) / 2);
  return [Math.max(0, center - half), Math.min(extent, center + half)];
}

function exchange(data: Float32Array, first: number, second: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const kept = data[first + i];
    data[first + i] = data[second + i];
    data[second + i] = kept;
  }
}

function softLabels(labels: Int32Array, classes: number, share: number): FloatTensor {
  const soft = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) {
    soft[row * classes + label] += share;
    soft[row * classes + labels[labels.length - 1 - row]] += 1 - share;
  }
  return floatTensor([labels.length, classes], soft);
}

/** Beta(alpha, alpha), from two gamma variables. */
function drawBeta(alpha: number, draws: Draws): number {
  const first = drawGamma(alpha, draws);
  const second = drawGamma(alpha, draws);
  // Both are 0 in 32 bits when alpha is tiny: then one image or the other stays whole.
  return first + second > 0 ? first / (first + second) : Number(draws.chance(0.5));
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; below 1 by their power of a uniform. */
function drawGamma(alpha: number, draws: Draws): number {
  if (alpha < 1) return drawGamma(alpha + 1, draws) * (1 - draws.uniform()) ** (1 / alpha);
  const d = alpha - 1 / 3;
  for (;;) {
    const normal = drawNormal(draws);
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - draws.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function drawNormal(draws: Draws): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draws.uniform()));
  return radius * Math.cos(2 * Math.PI * draws.uniform());
}
