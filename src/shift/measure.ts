// How far the images of one place are from those of another.

import { DataError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { type ClassComparison, compareClasses } from './classes.ts';
import { descriptorExtractor, type FeatureExtractor } from './extractor.ts';
import { compareSets, type Distance, LEAST_IMAGES } from './frechet.ts';
import { drawImages, type ImageSet, readImageSet } from './image-set.ts';
import { findOutliers, type Outliers } from './outliers.ts';
import { balanced, project } from './projection.ts';
import { compareStatistics, type StatisticDifference } from './statistics.ts';
import { classifierTest, type TwoSampleTest } from './two-sample.ts';
import { formVerdict, type Verdict } from './verdict.ts';

export interface ShiftOptions {
  /** Where features come from; fixed formulas unless given. It is not disposed of. */
  readonly extractor?: FeatureExtractor;
  /** Most images of each set to look at; they are drawn at random, always the same ones. 1000 unless given. */
  readonly images?: number;
  /** How many of the most foreign images to name; 12 unless given. */
  readonly examples?: number;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface OutlierImage {
  /** Its path, or its place in the data set. */
  readonly image: string;
  readonly label: string;
  /** Distance in the space of the features to the reference image that is nearest to it. */
  readonly distance: number;
  /** That image. */
  readonly nearest: string;
}

export interface Shift {
  readonly verdict: Verdict;
  readonly features: {
    readonly description: string;
    /** How many values there are for an image. */
    readonly count: number;
    /** In how many dimensions sets were compared; if fewer, along principal components of both sets. */
    readonly dimensions: number;
    /** Share of the variance that these hold. */
    readonly varianceKept: number;
  };
  /** How many images were looked at, of how many there are. */
  readonly reference: { readonly count: number; readonly available: number };
  readonly target: { readonly count: number; readonly available: number };
  readonly distance: Distance;
  readonly classifier: TwoSampleTest;
  readonly statistics: readonly StatisticDifference[];
  readonly classes: ClassComparison;
  readonly foreign: Omit<Outliers, 'neighbors'> & { readonly examples: readonly OutlierImage[] };
}

export interface ShiftMeasurement {
  readonly shift: Shift;
  /** The most foreign images of the target, each with its nearest one in the reference, by their places in the data sets. */
  readonly pairs: readonly { readonly target: number; readonly reference: number }[];
  /** The images that were looked at. */
  readonly reference: Dataset;
  readonly target: Dataset;
}

const IMAGES = 1000;
const EXAMPLES = 12;
const DRAWS = 5;
const LEAST_REFERENCE = 2 * LEAST_IMAGES;

/**
 * Compares a target with a reference: the place of use with the training data.
 * @throws DataError if there are fewer than 20 reference or 10 target images, or one cannot be read
 */
export async function measureShift(
  referenceData: Dataset,
  targetData: Dataset,
  options: ShiftOptions = {},
): Promise<ShiftMeasurement> {
  const { extractor = descriptorExtractor(), images = IMAGES, examples = EXAMPLES } = options;
  const sets = [drawImages(referenceData, images), drawImages(targetData, images)] as const;
  checkCount('reference', sets[0].length, LEAST_REFERENCE);
  checkCount('target', sets[1].length, LEAST_IMAGES);
  let done = 0;
  const onImage = () => options.onProgress?.(++done, sets[0].length + sets[1].length);
  const reference = await readImageSet(sets[0], extractor, onImage);
  const target = await readImageSet(sets[1], extractor, onImage);
  const { foreign, ...compared } = compare(reference, target, extractor.groups);
  const { neighbors, ...foreignness } = foreign;
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
    foreign: { ...foreignness, examples: named },
  };
  return { shift, pairs, reference: sets[0], target: sets[1] };
}

function compare(reference: ImageSet, target: ImageSet, groups?: readonly number[]) {
  const raw = [reference.features, target.features] as const;
  const [a, b] = groups ? balanced(...raw, groups) : raw;
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
    `the ${which} has ${count} image(s), too few to say anything; give at least ${least} (another part, or more data).`,
  );
}
