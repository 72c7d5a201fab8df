// Whose values a parameter gets: the names of a weight file, matched with those of a model.
import type { FileFormat } from '../formats/index.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';

/** A tensor of the file for a parameter of the model. */
export interface Assignment {
  readonly name: string;
  readonly source: string;
  /** Whether the file holds the matrix as `[inputs, outputs]`, as Paddle does. */
  readonly transposed: boolean;
}

/** How a weight file fits a model. */
export interface WeightMapping {
  /** Whether tensors were found by their names, or, as none of those fitted, by the order of their shapes. */
  readonly by: 'name' | 'order';
  readonly assigned: readonly Assignment[];
  /** Parameters that the file has nothing for. */
  readonly missing: readonly string[];
  /** Tensors of the file that the model has no place for. */
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
}

export interface Mismatch {
  readonly name: string;
  readonly expected: Shape;
  readonly got: Shape;
}

/** The names and shapes of a model's parameters, or of a file's tensors. */
export type Shapes = ReadonlyMap<string, { readonly shape: Shape }>;

/** What is known of a weight file before its values are read. */
export interface WeightFile {
  readonly format: FileFormat;
  readonly tensors: Shapes;
}

/** Endings that other frameworks have for ours. */
const ENDINGS: Readonly<Record<string, string>> = {
  _mean: 'running_mean',
  _variance: 'running_var',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
  gamma: 'weight',
  beta: 'bias',
};

/** PyTorch's count of the batches that a normalisation has seen, which nothing here reads. */
const COUNTER = 'num_batches_tracked';

/**
 * Finds each parameter's tensor: under its own name, one of other frameworks' endings, or behind a prefix that all share,
 * such as `module.`. If not one name fits, but the shapes are the model's in the model's order, the order decides.
 */
export function mapWeights(parameters: Shapes, file: WeightFile): WeightMapping {
  const counted = [...file.tensors].filter(([name]) => lastOf(name) !== COUNTER);
  const tensors = new Map(counted);
  const sources = sourcesByName(parameters, tensors);
  const ordered = sources.size === 0 ? sourcesByOrder(parameters, tensors) : undefined;
  const by = ordered ? 'order' : 'name';
  return { by, ...compare(parameters, { format: file.format, tensors }, ordered ?? sources) };
}

/** The file's name for each parameter's, by the prefix that most of them share. */
function sourcesByName(parameters: Shapes, tensors: Shapes): Map<string, string> {
  const byPrefix = new Map<string, Map<string, string>>();
  for (const source of tensors.keys()) {
    for (const prefix of prefixesOf(source)) {
      const name = ownName(source.slice(prefix.length));
      if (!parameters.has(name)) continue;
      if (!byPrefix.has(prefix)) byPrefix.set(prefix, new Map());
      byPrefix.get(prefix)!.set(name, source);
    }
  }
  const [most = new Map<string, string>()] = [...byPrefix.values()].sort((a, b) => b.size - a.size);
  return most;
}

/** None, and whatever stands before a dot: of `module.conv1.weight`, `module.` and `module.conv1.` */
function prefixesOf(name: string): string[] {
  return ['', ...[...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index + 1))];
}

function ownName(name: string): string {
  const ending = lastOf(name);
  const own = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending]! : ending;
  return name.slice(0, name.length - ending.length) + own;
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The tensors in order, if there is one of the right shape for every parameter. */
function sourcesByOrder(parameters: Shapes, tensors: Shapes): Map<string, string> | undefined {
  const names = [...parameters.keys()];
  const sources = [...tensors.keys()];
  const fit = names.every((name, i) => {
    const tensor = tensors.get(sources[i] ?? '');
    return tensor !== undefined && fits(parameters.get(name)!.shape, tensor.shape);
  });
  return fit && names.length === sources.length
    ? new Map(names.map((name, i) => [name, sources[i]!]))
    : undefined;
}

function compare(
  parameters: Shapes,
  { format, tensors }: WeightFile,
  sources: ReadonlyMap<string, string>,
): Omit<WeightMapping, 'by'> {
  const used = new Set(sources.values());
  const pairs = [...sources].map(([name, source]) => ({
    name,
    source,
    expected: parameters.get(name)!.shape,
    got: tensors.get(source)!.shape,
  }));
  const uneven = pairs.filter(({ expected }) => expected.length === 2 && !isSquare(expected));
  const squares =
    uneven.length > 0 ? uneven.some(({ expected, got }) => isReversed(expected, got)) : format === 'paddle';
  const fitting = pairs.filter(({ expected, got }) => fits(expected, got));
  return {
    assigned: fitting.map(({ name, source, expected, got }) => ({
      name,
      source,
      transposed: isReversed(expected, got) || (squares && isSquare(expected)),
    })),
    missing: [...parameters.keys()].filter((name) => !sources.has(name)),
    unexpected: [...tensors.keys()].filter((source) => !used.has(source)),
    mismatched: pairs
      .filter((pair) => !fitting.includes(pair))
      .map(({ name, expected, got }) => ({ name, expected, got })),
  };
}

function fits(expected: Shape, got: Shape): boolean {
  return sameShape(expected, got) || isReversed(expected, got);
}

/** A matrix the other way round; one that is square does not show it, and follows the others of the file. */
function isReversed(expected: Shape, got: Shape): boolean {
  return expected.length === 2 && !isSquare(expected) && sameShape(expected.toReversed(), got);
}

function isSquare(shape: Shape): boolean {
  return shape.length === 2 && shape[0] === shape[1];
}
