// Maps tensors to parameters by order, if no name of the file is one of the model's, and shapes and names allow no other
// mapping. A wrong mapping would load without an error and give meaningless predictions.
import { lookup } from '../base/lookup.ts';
import type { Shape } from '../tensor/shape.ts';
import { type Role, splitName, tensorRole } from './names.ts';
import { fits, type Shapes } from './shapes.ts';

/** A parameter and the tensor at its position whose name contradicts it, or does not confirm it. */
export interface Conflict {
  readonly name: string;
  readonly source: string;
  readonly reason: string;
}

export interface OrderMatch {
  /** The tensor of each parameter; undefined if shapes are not in the model's order, or there are conflicts. */
  readonly sources: ReadonlyMap<string, string> | undefined;
  readonly conflicts: readonly Conflict[];
}

interface Pair {
  readonly name: string;
  readonly source: string;
  /** Shape of the parameter. */
  readonly shape: Shape;
  /** Role of the tensor, if its name tells. */
  readonly role: Role | undefined;
}

/** Matches tensors and parameters by position, if there are as many of both and all shapes fit. */
export function matchByOrder(parameters: Shapes, tensors: Shapes): OrderMatch {
  const sources = [...tensors];
  const inOrder =
    sources.length === parameters.size &&
    [...parameters.values()].every(({ shape }, i) => fits(shape, sources[i][1].shape));
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

function findConflicts(pairs: readonly Pair[]): Conflict[] {
  const groups = groupByShape(pairs);
  const trees = new ModuleTrees(pairs);
  return pairs.flatMap((pair) => {
    const reason = findConflict(pair, lookup(groups, shapeKey(pair.shape)), trees);
    return reason === undefined ? [] : [{ name: pair.name, source: pair.source, reason }];
  });
}

function groupByShape(pairs: readonly Pair[]): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs)
    groups.set(shapeKey(pair.shape), [...(groups.get(shapeKey(pair.shape)) ?? []), pair]);
  return groups;
}

/** A matrix and its transpose have the same key. */
function shapeKey(shape: Shape): string {
  return (shape.length === 2 ? shape.toSorted((a, b) => a - b) : shape).join();
}

/** Why a tensor may not be the parameter's; undefined if its shape or its name leave no other choice. */
function findConflict(pair: Pair, sameShaped: readonly Pair[], trees: ModuleTrees): string | undefined {
  const expected = tensorRole(pair.name);
  if (pair.role !== undefined && pair.role !== expected) return `it is a ${pair.role}`;
  if (pair.role !== undefined && !trees.areSameLayer(pair))
    return 'it belongs to another layer than its neighbors';
  if (sameShaped.length === 1) return undefined;
  if (pair.role === undefined)
    return `its name does not tell which of ${sameShaped.length} parameters of this shape it is`;
  const sameRole = sameShaped.filter(({ role }) => role === pair.role);
  const previous = sameRole[sameRole.indexOf(pair) - 1];
  if (previous === undefined || isNumberedAfter(previous.source, pair.source)) return undefined;
  if (trees.areDistinct(previous, pair)) return undefined;
  return `its name does not tell that it follows ${previous.source}`;
}

/** Whether the first difference of two names is a number that is larger in the second: `block2.conv` and `block10.conv`. */
function isNumberedAfter(first: string, second: string): boolean {
  const [a, b] = [first, second].map((name) => name.split(/(\d+)/)) as [string[], string[]];
  const at = a.findIndex((part, i) => part !== b[i]);
  return at % 2 === 1 && Number(a[at]) < Number(b[at]);
}

/** The module trees of the model and of the file, by the parts of their names. */
class ModuleTrees {
  /** Module of the file for each module of the model, and vice versa, at every depth. */
  private readonly inFile = new Map<string, string>();
  private readonly inModel = new Map<string, string>();
  /** Depths, roles and shapes of the tensors below each module of the file. */
  private readonly below = new Map<string, string[]>();

  constructor(pairs: readonly Pair[]) {
    for (const { source, role, shape } of pairs) {
      const path = splitName(source)[0].split('.');
      for (let depth = 0; depth < path.length; depth++) {
        const key = path.slice(0, depth + 1).join('.');
        if (!this.below.has(key)) this.below.set(key, []);
        lookup(this.below, key).push(`${path.length - depth} ${role} ${shapeKey(shape)}`);
      }
    }
  }

  /** Whether the layers of a parameter and of its tensor correspond one to one. */
  areSameLayer({ name, source }: Pair): boolean {
    return this.correspond(splitName(name)[0], splitName(source)[0]);
  }

  /**
   * Whether the file's tree distinguishes two tensors: both are as deep as their parameters, their modules correspond to those
   * of the model at every depth, and the modules that separate them have different contents.
   */
  areDistinct(first: Pair, second: Pair): boolean {
    if (![first, second].every((pair) => this.isSamePath(pair))) return false;
    const [a, b] = [first, second].map(({ source }) => splitName(source)[0].split('.')) as [
      string[],
      string[],
    ];
    const at = a.findIndex((part, i) => part !== b[i]);
    if (at === -1) return false;
    const [belowA, belowB] = [a, b].map((path) => lookup(this.below, path.slice(0, at + 1).join('.')).join());
    return belowA !== belowB;
  }

  private isSamePath({ name, source }: Pair): boolean {
    const [ours, theirs] = [name, source].map((full) => splitName(full)[0].split('.')) as [
      string[],
      string[],
    ];
    return (
      ours.length === theirs.length &&
      ours.every((_, i) => this.correspond(ours.slice(0, i + 1).join('.'), theirs.slice(0, i + 1).join('.')))
    );
  }

  private correspond(ours: string, theirs: string): boolean {
    if (!this.inFile.has(ours)) this.inFile.set(ours, theirs);
    if (!this.inModel.has(theirs)) this.inModel.set(theirs, ours);
    return this.inFile.get(ours) === theirs && this.inModel.get(theirs) === ours;
  }
}
