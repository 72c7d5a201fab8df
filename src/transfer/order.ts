// Maps tensors to parameters in order, where no name of the file is one of the model's and shapes and names allow no other
// mapping. A wrong guess would load silently and predict nonsense.
import { type Shape, sameShape } from '../tensor/shape.ts';
import type { Shapes } from './mapping.ts';
import { type Role, splitName, tensorRole } from './names.ts';

/** A parameter and the tensor in its place, which by its name is something else or may be. */
export interface Conflict {
  readonly name: string;
  readonly source: string;
  readonly reason: string;
}

export interface Ordered {
  /** The tensor of each parameter; undefined if shapes are not in the model's order, or names do not agree. */
  readonly sources: ReadonlyMap<string, string> | undefined;
  readonly conflicts: readonly Conflict[];
}

interface Pair {
  readonly name: string;
  readonly source: string;
  /** The parameter's. */
  readonly shape: Shape;
  /** The tensor's, if its name says it. */
  readonly role: Role | undefined;
}

/** The tensors in order, one of the right shape for every parameter. */
export function matchByOrder(parameters: Shapes, tensors: Shapes): Ordered {
  const sources = [...tensors];
  const inOrder =
    sources.length === parameters.size &&
    [...parameters.values()].every(({ shape }, i) => isSameMatrix(shape, sources[i][1].shape));
  if (!inOrder) return { sources: undefined, conflicts: [] };
  const pairs = [...parameters].map(([name, { shape }], i) => {
    const source = sources[i][0];
    return { name, source, shape, role: tensorRole(source) };
  });
  const conflicts = findConflicts(pairs);
  return {
    sources: conflicts.length === 0 ? new Map(pairs.map(({ name, source }) => [name, source])) : undefined,
    conflicts,
  };
}

function isSameMatrix(a: Shape, b: Shape): boolean {
  return sameShape(a, b) || (a.length === 2 && sameShape(a.toReversed(), b));
}

function findConflicts(pairs: readonly Pair[]): Conflict[] {
  const groups = groupByShape(pairs);
  const trees = new TreePairs(pairs);
  return pairs.flatMap((pair) => {
    const reason = findConflict(pair, groups.get(shapeKey(pair.shape))!, trees);
    return reason === undefined ? [] : [{ name: pair.name, source: pair.source, reason }];
  });
}

function groupByShape(pairs: readonly Pair[]): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs)
    groups.set(shapeKey(pair.shape), [...(groups.get(shapeKey(pair.shape)) ?? []), pair]);
  return groups;
}

/** A matrix and its transpose count as the same. */
function shapeKey(shape: Shape): string {
  return (shape.length === 2 ? shape.toSorted((a, b) => a - b) : shape).join();
}

/** Why a tensor may not be the parameter's; undefined if its shape is the only one, or its name leaves no other way. */
function findConflict(pair: Pair, sameShaped: readonly Pair[], trees: TreePairs): string | undefined {
  const expected = tensorRole(pair.name);
  if (pair.role !== undefined && pair.role !== expected) return `it is a ${pair.role}`;
  if (pair.role !== undefined && !trees.areSameLayer(pair))
    return 'it is of another layer than those around it';
  if (sameShaped.length === 1) return undefined;
  if (pair.role === undefined)
    return `its name does not tell which of ${sameShaped.length} of its shape it is`;
  const alike = sameShaped.filter(({ role }) => role === pair.role);
  const before = alike[alike.indexOf(pair) - 1];
  if (before === undefined || isNumberedAfter(before.source, pair.source)) return undefined;
  if (trees.areDistinct(before, pair)) return undefined;
  return `nothing in its name tells that it comes after ${before.source}`;
}

/** Whether two names differ first in a number, which is larger in the second: `block2.conv` and `block10.conv`. */
function isNumberedAfter(first: string, second: string): boolean {
  const [a, b] = [first, second].map((name) => name.split(/(\d+)/)) as [string[], string[]];
  const at = a.findIndex((part, i) => part !== b[i]);
  return at % 2 === 1 && Number(a[at]) < Number(b[at]);
}

/** The modules of the model and of the file as trees, by the parts of their names. */
class TreePairs {
  /** Module of the file for each of the model, and the other way round, at every depth. */
  private readonly inFile = new Map<string, string>();
  private readonly inModel = new Map<string, string>();
  /** What is below each module of the file: depths, roles and shapes. */
  private readonly below = new Map<string, string[]>();

  constructor(pairs: readonly Pair[]) {
    for (const { source, role, shape } of pairs) {
      const path = splitName(source)[0].split('.');
      for (let depth = 0; depth < path.length; depth++) {
        const key = path.slice(0, depth + 1).join('.');
        if (!this.below.has(key)) this.below.set(key, []);
        this.below.get(key)!.push(`${path.length - depth} ${role} ${shapeKey(shape)}`);
      }
    }
  }

  /** Whether the layers of a parameter and of its tensor belong to each other alone. */
  areSameLayer({ name, source }: Pair): boolean {
    return this.belong(splitName(name)[0], splitName(source)[0]);
  }

  /**
   * Whether the file's tree leaves no other way for two tensors: both stand as deep as their parameters, in modules that
   * belong to the model's at every depth, and the two that part them hold different things.
   */
  areDistinct(first: Pair, second: Pair): boolean {
    if (![first, second].every((pair) => this.isSamePath(pair))) return false;
    const [a, b] = [first, second].map(({ source }) => splitName(source)[0].split('.')) as [
      string[],
      string[],
    ];
    const at = a.findIndex((part, i) => part !== b[i]);
    if (at === -1) return false;
    const [belowA, belowB] = [a, b].map((path) => this.below.get(path.slice(0, at + 1).join('.'))!.join());
    return belowA !== belowB;
  }

  private isSamePath({ name, source }: Pair): boolean {
    const [ours, theirs] = [name, source].map((full) => splitName(full)[0].split('.')) as [
      string[],
      string[],
    ];
    return (
      ours.length === theirs.length &&
      ours.every((_, i) => this.belong(ours.slice(0, i + 1).join('.'), theirs.slice(0, i + 1).join('.')))
    );
  }

  private belong(ours: string, theirs: string): boolean {
    if (!this.inFile.has(ours)) this.inFile.set(ours, theirs);
    if (!this.inModel.has(theirs)) this.inModel.set(theirs, ours);
    return this.inFile.get(ours) === theirs && this.inModel.get(theirs) === ours;
  }
}
