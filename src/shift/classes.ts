// Shift class by class: what share of the images each has in both sets, and how far its images have moved.
import { sum } from '../base/numbers.ts';
import { UNLABELED } from '../data/folder/options.ts';
import { indicesByClass } from '../data/split.ts';
import { compareSets, type Distance, LEAST_IMAGES } from './frechet.ts';
import type { ImageSet } from './image-set.ts';
import { type Matrix, pickRows } from './matrix.ts';

export interface ClassCount {
  readonly count: number;
  /** Of all images of the set. */
  readonly share: number;
}

export interface ClassShift {
  readonly label: string;
  readonly reference: ClassCount;
  readonly target: ClassCount;
  /** Where both sets have at least 2 x 10 and 10 images of the class. */
  readonly distance?: Distance;
}

export interface ClassComparison {
  /** Classes that have images in both sets, in the reference's order; none where the images of one set have no classes. */
  readonly common: readonly ClassShift[];
  /** Names of classes with images in one set only. */
  readonly onlyReference: readonly string[];
  readonly onlyTarget: readonly string[];
  /**
   * Half the sum of the differences of the shares (total variation): what share of the target would have to be of
   * another class to have the reference's shares. Only where all classes are common.
   */
  readonly sharesMoved?: number;
  /** What is to be expected of that if both sets are drawn from images with the same shares. */
  readonly sharesMovedByChance?: number;
}

const DRAWS = 3;

/** @param features of both sets, in the dimensions to compare them in */
export function compareClasses(
  reference: ImageSet,
  target: ImageSet,
  features: { readonly reference: Matrix; readonly target: Matrix },
): ClassComparison {
  const [known, found] = [membersOf(reference), membersOf(target)];
  if (known.size === 0 || found.size === 0) return { common: [], onlyReference: [], onlyTarget: [] };
  const common = [...known].flatMap(([label, members]) => {
    const others = found.get(label);
    if (!others) return [];
    const distance = distanceOf(pickRows(features.reference, members), pickRows(features.target, others));
    const counts = { reference: countOf(members, reference), target: countOf(others, target) };
    return [{ label, ...counts, ...(distance && { distance }) }];
  });
  const onlyReference = [...known.keys()].filter((label) => !found.has(label));
  const onlyTarget = [...found.keys()].filter((label) => !known.has(label));
  const areAll = onlyReference.length + onlyTarget.length === 0;
  return { common, onlyReference, onlyTarget, ...(areAll && moved(common)) };
}

/** Rows of the images of each class that has any. */
function membersOf({ dataset }: ImageSet): Map<string, number[]> {
  const members = indicesByClass(dataset).map((rows, i) => [dataset.classes[i], rows] as const);
  return new Map(members.filter(([label, rows]) => rows.length > 0 && label !== UNLABELED));
}

function countOf({ length: count }: readonly number[], { dataset }: ImageSet): ClassCount {
  return { count, share: count / dataset.length };
}

function distanceOf(reference: Matrix, target: Matrix): Distance | undefined {
  const areEnough = reference.rows >= 2 * LEAST_IMAGES && target.rows >= LEAST_IMAGES;
  return areEnough ? compareSets(reference, target, DRAWS) : undefined;
}

function moved(common: readonly ClassShift[]) {
  const changes = common.map(({ reference, target }) => Math.abs(reference.share - target.share));
  return { sharesMoved: sum(changes) / 2, sharesMovedByChance: sum(common.map(chanceOf)) / 2 };
}

/** Mean size of the difference of two shares that differ by chance only, by the normal approximation. */
function chanceOf({ reference, target }: ClassShift): number {
  const [a, b] = [reference.count / reference.share, target.count / target.share];
  const share = (reference.count + target.count) / (a + b);
  return Math.sqrt((2 / Math.PI) * share * (1 - share) * (1 / a + 1 / b));
}
