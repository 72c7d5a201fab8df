// Shift per class: class proportions in both sets, and the Fréchet distance between the images of each class.
import { sum } from '../base/numbers.ts';
import { UNLABELED } from '../data/folder/options.ts';
import { indicesByClass } from '../data/split.ts';
import { compareSets, type Distance, MIN_IMAGES } from './frechet.ts';
import type { ImageSet } from './image-set.ts';
import { type Matrix, pickRows } from './matrix.ts';

export interface ClassCount {
  /** Number of images. */
  readonly count: number;
  /** Fraction of all images of the set. */
  readonly share: number;
}

export interface ClassShift {
  readonly label: string;
  readonly reference: ClassCount;
  readonly target: ClassCount;
  /** Only if there are at least 20 reference and 10 target images of the class. */
  readonly distance?: Distance;
}

/** Class proportions of both sets, and the shift of each class. */
export interface ClassComparison {
  /** Classes with images in both sets, in the reference's order; empty if one set has no labels. */
  readonly common: readonly ClassShift[];
  /** Names of classes with images in one set only. */
  readonly onlyReference: readonly string[];
  readonly onlyTarget: readonly string[];
  /**
   * Total variation distance of the class distributions: the fraction of target images whose class would have to change to
   * match the reference. Only if both sets have the same classes.
   */
  readonly sharesMoved?: number;
  /** Expected total variation distance of two random samples with the same class distribution. */
  readonly sharesMovedByChance?: number;
}

const DRAWS = 3;

/** Compares both sets class by class. @param features of both sets after projection */
export function compareClasses(
  reference: ImageSet,
  target: ImageSet,
  features: { readonly reference: Matrix; readonly target: Matrix },
): ClassComparison {
  const [known, found] = [classMembers(reference), classMembers(target)];
  if (known.size === 0 || found.size === 0) return { common: [], onlyReference: [], onlyTarget: [] };
  const common = [...known].flatMap(([label, members]) => {
    const others = found.get(label);
    if (!others) return [];
    const distance = classDistance(pickRows(features.reference, members), pickRows(features.target, others));
    const counts = { reference: classCount(members, reference), target: classCount(others, target) };
    return [{ label, ...counts, ...(distance && { distance }) }];
  });
  const onlyReference = [...known.keys()].filter((label) => !found.has(label));
  const onlyTarget = [...found.keys()].filter((label) => !known.has(label));
  const sameClasses = onlyReference.length + onlyTarget.length === 0;
  return { common, onlyReference, onlyTarget, ...(sameClasses && totalVariation(common)) };
}

/** Rows of the images of each nonempty class. */
function classMembers({ dataset }: ImageSet): Map<string, number[]> {
  const members = indicesByClass(dataset).map((rows, i) => [dataset.classes[i], rows] as const);
  return new Map(members.filter(([label, rows]) => rows.length > 0 && label !== UNLABELED));
}

function classCount({ length: count }: readonly number[], { dataset }: ImageSet): ClassCount {
  return { count, share: count / dataset.length };
}

function classDistance(reference: Matrix, target: Matrix): Distance | undefined {
  const isEnough = reference.rows >= 2 * MIN_IMAGES && target.rows >= MIN_IMAGES;
  return isEnough ? compareSets(reference, target, DRAWS) : undefined;
}

function totalVariation(common: readonly ClassShift[]) {
  const changes = common.map(({ reference, target }) => Math.abs(reference.share - target.share));
  return { sharesMoved: sum(changes) / 2, sharesMovedByChance: sum(common.map(expectedDifference)) / 2 };
}

/** Expected absolute difference of two sample proportions with the same true proportion (normal approximation). */
function expectedDifference({ reference, target }: ClassShift): number {
  const [a, b] = [reference.count / reference.share, target.count / target.share];
  const proportion = (reference.count + target.count) / (a + b);
  return Math.sqrt((2 / Math.PI) * proportion * (1 - proportion) * (1 / a + 1 / b));
}
