// What every source of data is to the rest: a number of labeled images, one by one, in named parts.

import { DataError, unknownName } from '../base/errors.ts';
import type { DecodeSettings } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import type { ValueRange } from '../image/value-range.ts';

export interface Sample {
  readonly image: Image;
  /** Index into the data set's classes. */
  readonly label: number;
}

/** Labeled images, addressed by index. */
export interface Dataset {
  readonly classes: readonly string[];
  readonly length: number;
  /** Channels of every image, if known without reading them and equal for all. */
  readonly channels?: 1 | 3 | undefined;
  /** Label of one sample, without reading its image. */
  label(index: number): number;
  /** @throws DataError if the image cannot be read */
  get(index: number): Sample | Promise<Sample>;
  /** What to call the sample in messages: its path, or its place in the data set. */
  describe(index: number): string;
  /** Whether images are held in memory, so that reading all of them takes no time. */
  readonly inMemory?: boolean;
  /** The file of a sample, where each has one of its own: whoever reads and decodes it gets what `get` gives. */
  file?(index: number): ImageFile;
}

/** Where an image is and how it is decoded, as plain data. */
export interface ImageFile extends DecodeSettings {
  readonly path: string;
}

export const splitNames = ['train', 'valid', 'test'] as const;

export type SplitName = (typeof splitNames)[number];

/** A data set with its parts, in file order. A part that there is not has length 0. */
export interface SplitDataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, Dataset>>;
  /** Every image in file order, where that is not train, valid and test one after the other. */
  readonly all?: Dataset;
  /** The values that became black and white in images of more than 8 bits, where these were given. */
  readonly valueRange?: ValueRange | undefined;
  /** What was noticed when it was opened, a sentence each, such as what was passed over. */
  readonly notes?: readonly string[];
}

/**
 * One part of a data set by its name: `train`, `valid`, `test`, or `all` for every image.
 * @throws UsageError for another name
 * @throws DataError if the data set has no such part
 */
export function selectSplit(data: SplitDataset, name: string): Dataset {
  if (name === 'all') return data.all ?? concatenate(splitNames.map((split) => data.splits[split]));
  const known = splitNames.find((split) => split === name);
  if (known === undefined) throw unknownName('split', name, [...splitNames, 'all']);
  const split = data.splits[known];
  if (split.length > 0) return split;
  const present = splitNames.filter((other) => data.splits[other].length > 0);
  throw new DataError(`${data.name} has no ${name} images; it has: ${[...present, 'all'].join(', ')}.`);
}

/** The samples of `dataset` at these indices, in this order. Nothing is read or copied. */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  return {
    classes: dataset.classes,
    length: indices.length,
    channels: dataset.channels,
    label: (index) => dataset.label(indices[index]),
    get: (index) => dataset.get(indices[index]),
    describe: (index) => dataset.describe(indices[index]),
    ...(dataset.inMemory && { inMemory: true }),
    ...(dataset.file && { file: (index: number) => dataset.file!(indices[index]) }),
  };
}

/** The samples from `start` up to `end`, without `end`. */
export function slice(dataset: Dataset, start: number, end: number): Dataset {
  return pick(
    dataset,
    Uint32Array.from({ length: end - start }, (_, i) => start + i),
  );
}

/** Data sets of the same classes one after another. */
export function concatenate(parts: readonly Dataset[]): Dataset {
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.length;
  }
  const place = (index: number): [part: Dataset, index: number] => {
    const part = starts.findLastIndex((start, i) => start <= index && parts[i].length > 0);
    return [parts[part], index - starts[part]];
  };
  const { classes = [], channels } = parts[0] ?? {};
  return {
    classes,
    length,
    channels: parts.every((part) => part.channels === channels) ? channels : undefined,
    label: (index) => {
      const [part, inside] = place(index);
      return part.label(inside);
    },
    get: (index) => {
      const [part, inside] = place(index);
      return part.get(inside);
    },
    describe: (index) => {
      const [part, inside] = place(index);
      return part.describe(inside);
    },
    ...(parts.every((part) => part.inMemory) && { inMemory: true }),
    ...(parts.every((part) => part.file) && {
      file: (index: number) => {
        const [part, inside] = place(index);
        return part.file!(inside);
      },
    }),
  };
}

/** The label of every sample, without reading an image. */
export function labelsOf(dataset: Dataset): Int32Array {
  return Int32Array.from({ length: dataset.length }, (_, index) => dataset.label(index));
}
