// A set of images with their features and statistics.
import { stat } from 'node:fs/promises';
import { ShapeError } from '../base/errors.ts';
import { type Dataset, pick } from '../data/dataset.ts';
import { forEachIndex } from '../data/survey/unreadable.ts';
import { RandomStream } from '../tensor/random.ts';
import type { FeatureExtractor } from './extractor.ts';
import { type Matrix, matrixFromRows } from './matrix.ts';
import { fitted, type ImageStatistics, measureImage } from './statistics.ts';

export interface ImageSet {
  readonly dataset: Dataset;
  /** `[N, D]`, one row for each image. */
  readonly features: Matrix;
  readonly statistics: readonly ImageStatistics[];
}

/** A random sample of at most `most` images, in their original order. It is the same in every call. */
export function drawImages(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset;
  const drawn = new RandomStream(0, 'images').permutation(dataset.length).subarray(0, most);
  return pick(dataset, drawn.toSorted());
}

/**
 * Reads every image once.
 * @throws DataError if an image cannot be read
 * @throws ShapeError with the name of an image whose shape does not suit the extractor
 */
export async function readImageSet(
  dataset: Dataset,
  extractor: FeatureExtractor,
  onImage: () => void,
): Promise<ImageSet> {
  const rows: ArrayLike<number>[] = [];
  const statistics: ImageStatistics[] = [];
  for (let start = 0; start < dataset.length; start += extractor.batchSize) {
    const count = Math.min(extractor.batchSize, dataset.length - start);
    await forEachIndex(count, async (slot) => {
      statistics[start + slot] = await readImage(dataset, start + slot, extractor, slot);
      onImage();
    });
    rows.push(...(await extractor.finish(count, (slot) => dataset.describe(start + slot))));
  }
  return { dataset, features: matrixFromRows(rows), statistics };
}

async function readImage(
  dataset: Dataset,
  index: number,
  extractor: FeatureExtractor,
  slot: number,
): Promise<ImageStatistics> {
  const { image } = await dataset.get(index);
  const small = fitted(image);
  try {
    extractor.put(slot, image, small);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${dataset.describe(index)}: ${error.message}`, { cause: error });
  }
  const bytes = dataset.file && (await stat(dataset.file(index).path)).size;
  return measureImage(image, small, bytes);
}
