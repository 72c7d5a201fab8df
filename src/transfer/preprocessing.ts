// Preprocessing for networks with imported weights, as in torchvision's evaluation of its models.

import { UsageError } from '../base/errors.ts';
import type { Normalize } from '../data/transforms/normalize.ts';
import type { FixedTransform, Preprocessing } from '../data/transforms/transforms.ts';
import type { Model } from '../nn/index.ts';

/** Mean and standard deviation of each channel, for pixel values 0..1, or 0..255 if any value is above 1. */
export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Inputs of at least this size are center-cropped from a slightly larger image; smaller ones, as for CIFAR or MNIST, are not. */
const MIN_CROP_SIZE = 128;
/** Size before the crop, relative to the input: 256 for 224. */
const RESIZE_RATIO = 8 / 7;

/**
 * The usual preprocessing for evaluation: resize, center crop, the model's number of channels, and normalization. For inputs
 * of at least 128 pixels the shorter side is resized to 8/7 of the input's before the crop; smaller images are only resized.
 * @param statistics for (pixel - mean) / std; default to (pixel - 127.5) / 127.5
 * @throws UsageError if the statistics do not have the model's number of channels, or the model takes neither 1 nor 3
 * @example
 * importedPreprocessing(model, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
 */
export function importedPreprocessing(
  { name, input: [channels, height, width] }: Model,
  statistics: PixelStatistics = { mean: Array(channels).fill(127.5), std: Array(channels).fill(127.5) },
): Preprocessing {
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(`${name} takes images with ${channels} channels, but images have 1 or 3.`);
  }
  const { mean, std } = statistics;
  if (mean.length !== channels || std.length !== channels || std.some((value) => value <= 0)) {
    throw new UsageError(
      `mean and std must have one number for each of the ${channels} channel(s) of ${name}, and std must be positive; ` +
        `got mean ${mean.join(',')} and std ${std.join(',')}.`,
    );
  }
  return [...resized(height, width), { transform: 'channels', channels }, normalize(statistics)];
}

function resized(height: number, width: number): FixedTransform[] {
  const size = [height, width] as const;
  const shorter = Math.min(height, width);
  if (shorter < MIN_CROP_SIZE) return [{ transform: 'resize', size }];
  return [
    { transform: 'resize', size: Math.round(shorter * RESIZE_RATIO) },
    { transform: 'center-crop', size },
  ];
}

function normalize({ mean, std }: PixelStatistics): Normalize {
  const scale = [...mean, ...std].every((value) => value <= 1) ? 255 : 1;
  const scaled = (values: readonly number[]) => values.map((value) => value * scale);
  return { transform: 'normalize', mean: scaled(mean), std: scaled(std) };
}
