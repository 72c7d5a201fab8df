// Measures dataset shift between a reference and a target.

import { DataError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { type ClassComparison, compareClasses } from './classes.ts';
import { descriptorExtractor, type FeatureExtractor } from './extractor.ts';
import { compareSets, type Distance, MIN_IMAGES } from './frechet.ts';
import { drawImages, type ImageSet, readImageSet } from './image-set.ts';
import { findOutliers, type Outliers } from './outliers.ts';
import { balanceGroups, project } from './projection.ts';
import { compareStatistics, type StatisticDifference } from './statistics.ts';
import { classifierTest, type TwoSampleTest } from './two-sample.ts';
import { formVerdict, type Verdict } from './verdict.ts';

/** Options of `measureShift`. */
export interface ShiftOptions {
  /** Feature extractor; defaults to a fixed image descriptor. The caller disposes of it. */
  readonly extractor?: FeatureExtractor;
  /** Maximum number of images of each set, a fixed random sample; defaults to 1,000. */
  readonly images?: number;
  /** Number of outliers to list; defaults to 12. */
  readonly examples?: number;
  /** Called after each image with the number of images done and their total. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A target image that is far from all reference images. */
export interface OutlierImage {
  /** Its path, or its index in the data set. */
  readonly image: string;
  readonly label: string;
  /** Distance to the nearest reference image in feature space. */
  readonly distance: number;
  /** The nearest reference image. */
  readonly nearest: string;
}

/** How much a target differs from a reference, and in what. */
export interface Shift {
  /** Level of shift, and what differs. */
  readonly verdict: Verdict;
  /** The compared features. */
  readonly features: {
    readonly description: string;
    /** Number of features of an image. */
    readonly count: number;
    /** Number of dimensions that were compared; if fewer than features, principal components of both sets. */
    readonly dimensions: number;
    /** Fraction of the variance that these dimensions explain. */
    readonly varianceKept: number;
  };
  /** Number of compared reference images, and of all. */
  readonly reference: { readonly count: number; readonly available: number };
  /** Number of compared target images, and of all. */
  readonly target: { readonly count: number; readonly available: number };
  /** Fréchet distance, beside that within the reference. */
  readonly distance: Distance;
  /** Classifier two-sample test. */
  readonly classifier: TwoSampleTest;
  /** Differences in brightness, sharpness, size and other image statistics. */
  readonly statistics: readonly StatisticDifference[];
  /** Class proportions, and the shift of each class. */
  readonly classes: ClassComparison;
  /** Outliers: target images that are far from all reference images. */
  readonly foreign: Omit<Outliers, 'neighbors'> & { readonly examples: readonly OutlierImage[] };
}

/** A measured shift, and the images behind it. */
export interface ShiftMeasurement {
  /** The result. */
  readonly shift: Shift;
  /** The most distant outliers of the target with their nearest reference images, as indices into the following data sets. */
  readonly pairs: readonly { readonly target: number; readonly reference: number }[];
  /** The compared reference images. */
  readonly reference: Dataset;
  /** The compared target images. */
  readonly target: Dataset;
}

const IMAGES = 1000;
const EXAMPLES = 12;
const DRAWS = 5;
const MIN_REFERENCE_IMAGES = 2 * MIN_IMAGES;

/**
 * Measures dataset shift: how much a target domain differs from a reference, usually the training data. Compares features by
 * a classifier two-sample test (Lopez-Paz & Oquab 2017) and by the Fréchet distance (Heusel et al. 2017), image statistics,
 * and class proportions.
 * @throws DataError if there are fewer than 20 reference or 10 target images, or an image cannot be read
 * @throws ShapeError if an image does not suit the extractor
 * @example
 * const { shift } = await measureShift(street.splits.train, shop.splits.test);
 * console.log(shift.verdict.level, shift.classifier.accuracy);
 */
export async function measureShift(
  referenceData: Dataset,
  targetData: Dataset,
  options: ShiftOptions = {},
): Promise<ShiftMeasurement> {
  const { extractor = descriptorExtractor(), images = IMAGES, examples = EXAMPLES } = options;
  const sets = [drawImages(referenceData, images), drawImages(targetData, images)] as const;
  checkCount('reference', sets[0].length, MIN_REFERENCE_IMAGES);
  checkCount('target', sets[1].length, MIN_IMAGES);
  let done = 0;
  const onImage = () => options.onProgress?.(++done, sets[0].length + sets[1].length);
  const reference = await readImageSet(sets[0], extractor, onImage);
  const target = await readImageSet(sets[1], extractor, onImage);
  const { foreign, ...compared } = compare(reference, target, extractor.groups);
  const { neighbors, ...outliers } = foreign;
  const pairs = [...neighbors.entries()]
    .sort(([, a], [, b]) => b.distance - a.distance)
    .slice(0, examples)
    .map(([row, nearest]) => ({ target: row, reference: nearest.row }));
  const named = pairs.map((pair) => outlierImage(pair, neighbors[pair.target].distance, sets));
  const shift = {
    ...compared,
    features: { description: extractor.description, ...compared.features },
    reference: { count: sets[0].length, available: referenceData.length },
    target: { count: sets[1].length, available: targetData.length },
    foreign: { ...outliers, examples: named },
  };
  return { shift, pairs, reference: sets[0], target: sets[1] };
}

function compare(reference: ImageSet, target: ImageSet, groups?: readonly number[]) {
  const raw = [reference.features, target.features] as const;
  const [a, b] = groups ? balanceGroups(...raw, groups) : raw;
  const { varianceKept, ...features } = project(a, b);
  const distance = compareSets(features.reference, features.target, DRAWS);
  const classifier = classifierTest(features.reference, features.target);
  const statistics = compareStatistics(reference.statistics, target.statistics);
  const classes = compareClasses(reference, target, features);
  return {
    verdict: formVerdict(classifier, distance, statistics, classes),
    features: { count: a.columns, dimensions: features.reference.columns, varianceKept },
    distance,
    classifier,
    statistics,
    classes,
    foreign: findOutliers(features.reference, features.target),
  };
}

function outlierImage(
  pair: { target: number; reference: number },
  distance: number,
  [reference, target]: readonly [Dataset, Dataset],
): OutlierImage {
  return {
    image: target.describe(pair.target),
    label: target.classes[target.label(pair.target)],
    distance,
    nearest: reference.describe(pair.reference),
  };
}

function checkCount(which: string, count: number, least: number): void {
  if (count >= least) return;
  throw new DataError(
    `the ${which} must have at least ${least} images, got ${count}; use another split or more data.`,
  );
}
