// The interface of data sets: labeled images, addressed by index, in named splits.

import { DataError, FoveaError, internal, unknownName } from '../base/errors.ts';
import type { DecodeSettings } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import type { ValueRange } from '../image/value-range.ts';

/** One labeled image. */
export interface Sample {
  readonly image: Image;
  /** Index into the data set's classes. */
  readonly label: number;
}

/**
 * Labeled images, addressed by index: one split of a data set, or your own source of images.
 *
 *     const dataset: Dataset = {
 *       classes: ['dark', 'light'],
 *       length: 2,
 *       label: (index) => index,
 *       get: (index) => ({ image: { width: 1, height: 1, channels: 1, data: Uint8Array.of(255 * index) }, label: index }),
 *       describe: (index) => `pixel ${index}`,
 *     };
 */
export interface Dataset {
  /** Names of the classes; labels are indices into it. */
  readonly classes: readonly string[];
  /** Number of samples. */
  readonly length: number;
  /** Channels of all images, if they are equal and known without reading the images. */
  readonly channels?: 1 | 3 | undefined;
  /** Label of a sample, without reading its image. */
  label(index: number): number;
  /** Reads a sample. @throws DataError if the image cannot be read */
  get(index: number): Sample | Promise<Sample>;
  /** Name of a sample in messages: its path, or its place in the data set. */
  describe(index: number): string;
  /** Whether all images are in memory (default: false). */
  readonly inMemory?: boolean;
  /** The file of a sample, if every sample has its own: decoding it gives the same image as `get`. */
  file?(index: number): ImageFile;
}

/** Path of an image and how it is decoded, as plain data. */
export interface ImageFile extends DecodeSettings {
  readonly path: string;
}

export const splitNames = ['train', 'valid', 'test'] as const;

export type SplitName = (typeof splitNames)[number];

/** A data set with its splits train, valid and test, in file order. A missing split has length 0. */
export interface SplitDataset {
  /** Name as given to `openDataset`, for example `folder:photos`. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, Dataset>>;
  /** All images in file order, if that is not train, valid and test one after another. */
  readonly all?: Dataset;
  /** The values that became black and white in images of more than 8 bits, if they were given. */
  readonly valueRange?: ValueRange | undefined;
  /** Notes about assumptions and skipped files, one sentence each. */
  readonly notes?: readonly string[];
}

/**
 * One split of a data set: `train`, `valid`, `test`, or `all` for all images.
 *
 *     const test = selectSplit(await openDataset('mnist'), 'test');
 *
 * @throws UsageError for another name
 * @throws DataError if the data set has no such split
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

/**
 * A view of the samples at these indices, in this order. Nothing is read or copied.
 *
 *     pick(data.splits.train, [0, 2, 4]);
 */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const { file } = dataset;
  return {
    classes: dataset.classes,
    length: indices.length,
    channels: dataset.channels,
    label: (index) => dataset.label(indices[index]),
    get: (index) => dataset.get(indices[index]),
    describe: (index) => dataset.describe(indices[index]),
    ...(dataset.inMemory && { inMemory: true }),
    ...(file && { file: (index: number) => file.call(dataset, indices[index]) }),
  };
}

/** The samples from `start` to `end`, without `end`. */
export function slice(dataset: Dataset, start: number, end: number): Dataset {
  return pick(
    dataset,
    Uint32Array.from({ length: end - start }, (_, i) => start + i),
  );
}

/** Data sets with the same classes one after another. */
export function concatenate(parts: readonly Dataset[]): Dataset {
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.length;
  }
  const locate = (index: number): [part: Dataset, index: number] => {
    const part = starts.findLastIndex((start, i) => start <= index && parts[i].length > 0);
    return [parts[part], index - starts[part]];
  };
  const { classes = [], channels } = parts[0] ?? {};
  return {
    classes,
    length,
    channels: parts.every((part) => part.channels === channels) ? channels : undefined,
    label: (index) => {
      const [part, inside] = locate(index);
      return part.label(inside);
    },
    get: (index) => {
      const [part, inside] = locate(index);
      return part.get(inside);
    },
    describe: (index) => {
      const [part, inside] = locate(index);
      return part.describe(inside);
    },
    ...(parts.every((part) => part.inMemory) && { inMemory: true }),
    ...(parts.every((part) => part.file) && {
      file: (index: number) => {
        const [part, inside] = locate(index);
        return imageFile(part, inside);
      },
    }),
  };
}

/** The image of a sample; undefined if it cannot be read. */
export async function readImage(dataset: Dataset, index: number): Promise<Image | undefined> {
  try {
    return (await dataset.get(index)).image;
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}

/** The file of a sample of a data set whose samples have files. */
export function imageFile(dataset: Dataset, index: number): ImageFile {
  const file = dataset.file?.(index);
  if (!file) throw internal(`${dataset.describe(index)} has no file`);
  return file;
}

/** The label of every sample, without reading an image. */
export function labelsOf(dataset: Dataset): Int32Array {
  return Int32Array.from({ length: dataset.length }, (_, index) => dataset.label(index));
}
