// One look at every image of a set: its features, its plain figures, its class.
import { stat } from 'node:fs/promises';
import { ShapeError } from '../base/errors.ts';
import { type Dataset, pick } from '../data/dataset.ts';
import { forEachIndex } from '../data/survey/unreadable.ts';
import { RandomStream } from '../tensor/random.ts';
import type { FeatureExtractor } from './extractor.ts';
import { type Matrix, matrixOf } from './matrix.ts';
import { figuresOf, fitted, type ImageFigures } from './statistics.ts';

export interface ImageSet {
  readonly dataset: Dataset;
  /** `[N, D]`, a row for each image. */
  readonly features: Matrix;
  readonly figures: readonly ImageFigures[];
}

/** At most `most` images of a data set, drawn at random, always the same ones, in their order. */
export function drawImages(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset;
  const drawn = new RandomStream(0, 'images').permutation(dataset.length).subarray(0, most);
  return pick(dataset, drawn.toSorted());
}

/**
 * Reads every image once.
 * @throws DataError if one cannot be read; ShapeError, with its name, if the extractor takes no such image
 */
export async function lookAt(
  dataset: Dataset,
  extractor: FeatureExtractor,
  onImage: () => void,
): Promise<ImageSet> {
  const rows: ArrayLike<number>[] = [];
  const figures: ImageFigures[] = [];
  for (let start = 0; start < dataset.length; start += extractor.batchSize) {
    const count = Math.min(extractor.batchSize, dataset.length - start);
    await forEachIndex(count, async (slot) => {
      figures[start + slot] = await lookAtImage(dataset, start + slot, extractor, slot);
      onImage();
    });
    rows.push(...(await extractor.finish(count, (slot) => dataset.describe(start + slot))));
  }
  return { dataset, features: matrixOf(rows), figures };
}

async function lookAtImage(
  dataset: Dataset,
  index: number,
  extractor: FeatureExtractor,
  slot: number,
): Promise<ImageFigures> {
  const { image } = await dataset.get(index);
  const small = fitted(image);
  try {
    extractor.put(slot, image, small);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${dataset.describe(index)}: ${error.message}`, { cause: error });
  }
  const bytes = dataset.file && (await stat(dataset.file(index).path)).size;
  return figuresOf(image, small, bytes);
}
