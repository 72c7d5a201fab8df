// What every source of data is to the rest: a number of labelled images, one by one.
import type { Image } from '../image/image.ts';

export interface Sample {
  readonly image: Image;
  /** Index into the data set's classes. */
  readonly label: number;
}

/** Labelled images, addressed by index. */
export interface Dataset {
  readonly classes: readonly string[];
  readonly length: number;
  /** Label of one sample, without reading its image. */
  label(index: number): number;
  /** @throws DataError if the image cannot be read */
  get(index: number): Sample | Promise<Sample>;
  /** What to call the sample in messages: its path, or its place in the data set. */
  describe(index: number): string;
}

export type SplitName = 'train' | 'valid' | 'test';

/** A data set with its parts, in file order. */
export interface SplitDataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, Dataset>>;
}
