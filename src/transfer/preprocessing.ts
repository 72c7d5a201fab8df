// What is done to an image before a network whose weights come from elsewhere, as torchvision evaluates its networks.

import { UsageError } from '../base/errors.ts';
import type { Normalize } from '../data/transforms/normalize.ts';
import type { FixedTransform, Preprocessing } from '../data/transforms/transforms.ts';
import type { Model } from '../nn/index.ts';

/** Mean and standard deviation of each channel, of pixels 0..1, or of pixels 0..255 if any number is above 1. */
export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Images of photographs' size are resized a little larger and cut; those of CIFAR's or MNIST's are taken whole. */
const CROPPED_FROM = 128;
/** 256 for a network that takes 224. */
const RESIZED_SHARE = 8 / 7;

/**
 * Resize (the shorter side to 8/7 of the input, then its middle, for inputs from 128 on), the model's channels, then
 * (pixel - mean) / std, or (pixel - 127.5) / 127.5 if the statistics are not known.
 * @throws UsageError if the statistics are not of as many channels as the model takes, or it takes neither 1 nor 3
 */
export function importedPreprocessing(
  { name, input: [channels, height, width] }: Model,
  statistics: PixelStatistics = { mean: Array(channels).fill(127.5), std: Array(channels).fill(127.5) },
): Preprocessing {
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(`${name} takes images of ${channels} channels; images have 1 or 3.`);
  }
  const { mean, std } = statistics;
  if (mean.length !== channels || std.length !== channels || std.some((value) => value <= 0)) {
    throw new UsageError(
      `mean and std need a number for each of the ${channels} channel(s) that ${name} takes, those of std above 0; ` +
        `got mean ${mean.join(',')} and std ${std.join(',')}.`,
    );
  }
  return [...resized(height, width), { transform: 'channels', channels }, normalize(statistics)];
}

function resized(height: number, width: number): FixedTransform[] {
  const size = [height, width] as const;
  const shorter = Math.min(height, width);
  if (shorter < CROPPED_FROM) return [{ transform: 'resize', size }];
  return [
    { transform: 'resize', size: Math.round(shorter * RESIZED_SHARE) },
    { transform: 'center-crop', size },
  ];
}

function normalize({ mean, std }: PixelStatistics): Normalize {
  const scale = [...mean, ...std].every((value) => value <= 1) ? 255 : 1;
  const scaled = (values: readonly number[]) => values.map((value) => value * scale);
  return { transform: 'normalize', mean: scaled(mean), std: scaled(std) };
}
