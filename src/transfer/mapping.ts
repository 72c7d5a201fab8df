// Whose values a parameter gets: the names of a weight file, matched with those of a model.
import type { Skipped, TensorFile } from '../formats/index.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';
import { possibleNames, splitName } from './names.ts';
import { type Conflict, matchByOrder } from './order.ts';

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
  /** What stands before the names of the model's parameters in the file: empty, or `module.` */
  readonly prefix: string;
  /** Other prefixes that as many names fit, such as `teacher.` beside `student.` */
  readonly otherPrefixes: readonly string[];
  readonly assigned: readonly Assignment[];
  /** Parameters that the file has nothing for. */
  readonly missing: readonly string[];
  /** Tensors of the file that look like a network's, which the model has no place for. */
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
  /** Set if shapes are in the model's order, but names contradict it. */
  readonly conflicts: readonly Conflict[];
  /** Skipped parts of the file, which belong to no network or cannot be read, and why. */
  readonly skipped: readonly Skipped[];
}

export interface Mismatch {
  readonly name: string;
  readonly expected: Shape;
  readonly got: Shape;
}

/** The names and shapes of a model's parameters, or of a file's tensors. */
export type Shapes = ReadonlyMap<string, { readonly shape: Shape }>;

/** What is known of a weight file before its values are read. */
export type WeightFile = Pick<TensorFile, 'format' | 'tensors' | 'roles' | 'skipped'>;

/** Counters that PyTorch's normalizations and profiling tools leave in every layer; not used here. */
const counters = new Set(['num_batches_tracked', 'total_ops', 'total_params']);
/** Parts of a training script with tensors that are not the network's. */
const outside =
  /^(criterion|loss|.*_loss|loss_fn|optim|optimizer|scheduler|scaler|metrics?|(train|val|test)_.*|ema|.*_ema)$/i;
const averaged = /(^|[._-])(ema|swa|averaged|shadow)([._-]|$)/i;
/** Names have few parts; a limit to the work that long ones take. */
const MAX_PREFIXES = 8;

/**
 * Finds each parameter's tensor: under its own name, under one of another framework or of the operator that reads it, or
 * behind a prefix that all share, such as `module.`. If not one name fits, but the shapes are the model's in the model's
 * order, the order decides, provided that the names agree.
 */
export function mapWeights(parameters: Shapes, file: WeightFile): WeightMapping {
  const counted = [...file.tensors].filter(([name]) => !counters.has(splitName(name)[1]));
  const tensors: WeightFile['tensors'] = new Map(counted);
  const found = sourcesByName(parameters, { ...file, tensors });
  const { sources: ordered, conflicts } =
    found.sources.size === 0 ? matchByOrder(parameters, tensors) : { sources: undefined, conflicts: [] };
  const compared = compare(parameters, { ...file, tensors }, ordered ?? found.sources);
  const inOtherPart = (name: string) => found.others.some((other) => other !== '' && name.startsWith(other));
  const leftOver = compared.unexpected.filter((name) => !inOtherPart(name));
  const { unexpected, unrelated } = sortUnmatched(leftOver, parameters, file, found.prefix);
  return {
    by: ordered ? 'order' : 'name',
    prefix: found.prefix,
    otherPrefixes: found.others,
    ...compared,
    conflicts,
    unexpected,
    skipped: [...file.skipped, ...unrelated],
  };
}

interface Found {
  readonly prefix: string;
  readonly others: readonly string[];
  /** The file's name for each parameter's. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The file's name for each parameter's, by the prefix that most of them share. */
function sourcesByName(parameters: Shapes, { tensors, roles }: WeightFile): Found {
  const byPrefix = new Map<string, Map<string, string>>();
  const names = [
    ...[...tensors.keys()].map((source) => [source, source] as const),
    ...[...roles].filter(([, source]) => tensors.has(source)),
  ];
  for (const [full, source] of names) {
    for (const prefix of prefixes(full)) {
      const rest = full.slice(prefix.length);
      const name = possibleNames(rest).find((possible) => parameters.has(possible));
      if (name === undefined) continue;
      if (!byPrefix.has(prefix)) byPrefix.set(prefix, new Map());
      const sources = byPrefix.get(prefix)!;
      // The tensor's own name counts more than one that was made of another.
      if (!sources.has(name) || (rest === name && full === source)) sources.set(name, source);
    }
  }
  const ranked = [...byPrefix].sort(
    ([a, inA], [b, inB]) => inB.size - inA.size || Number(averaged.test(a)) - Number(averaged.test(b)),
  );
  const [[prefix, sources] = ['', new Map<string, string>()] as const] = ranked;
  const others = ranked.slice(1).filter(([, inOther]) => inOther.size === sources.size);
  return { prefix, others: others.map(([other]) => other), sources };
}

/** None, and whatever stands before a dot: of `module.conv1.weight`, `module.` and `module.conv1.` */
function prefixes(name: string): string[] {
  const dots = [...name.matchAll(/\./g)].slice(0, MAX_PREFIXES);
  return ['', ...dots.map(({ index }) => name.slice(0, index + 1))];
}

function compare(
  parameters: Shapes,
  { format, tensors }: WeightFile,
  sources: ReadonlyMap<string, string>,
): Pick<WeightMapping, 'assigned' | 'missing' | 'unexpected' | 'mismatched'> {
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
  const isFitting = ({ expected, got }: Omit<Mismatch, 'name'>) => fits(expected, got);
  return {
    assigned: pairs.filter(isFitting).map(({ name, source, expected, got }) => ({
      name,
      source,
      transposed: isReversed(expected, got) || (squares && isSquare(expected)),
    })),
    missing: [...parameters.keys()].filter((name) => !sources.has(name)),
    unexpected: [...tensors.keys()].filter((source) => !used.has(source)),
    mismatched: pairs
      .filter((pair) => !isFitting(pair))
      .map(({ name, expected, got }) => ({ name, expected, got })),
  };
}

/** Separates tensors that cannot belong to a layer: they do not mean that the file is of another network. */
function sortUnmatched(
  names: readonly string[],
  parameters: Shapes,
  file: WeightFile,
  prefix: string,
): { unexpected: string[]; unrelated: Skipped[] } {
  const modules = new Set([...parameters.keys()].map(firstPart));
  const isLayer = (name: string) => mayBeLayer(name, prefix, modules);
  const stored = names.filter((name) => !isConstant(name, file));
  // A tensor that cannot be read can be a layer, too.
  const unread = file.skipped
    .map(({ name }) => name)
    .filter((name) => !parameters.has(name) && isLayer(name));
  return {
    unexpected: [...stored.filter(isLayer), ...unread],
    unrelated: (file.format === 'onnx' ? stored : names)
      .filter((name) => !stored.includes(name) || !isLayer(name))
      .map((name) => ({ name, reason: 'is not a parameter of the network' })),
  };
}

function mayBeLayer(name: string, prefix: string, modules: ReadonlySet<string>): boolean {
  if (!name.startsWith(prefix)) return false;
  const own = name.slice(prefix.length);
  const [owner, ending] = splitName(own);
  if (modules.has(firstPart(own)) && owner !== '') return true;
  if (counters.has(ending) || outside.test(firstPart(own))) return false;
  return owner !== '' && isParameterEnding(ending);
}

function isParameterEnding(ending: string): boolean {
  return /^(weight|bias|running_mean|running_var|gamma|beta|_mean|_variance|moving_\w+|kernel|[wb]_\d+)/.test(
    ending,
  );
}

/** A constant of a graph, or an index or count: not a weight. */
function isConstant(name: string, { tensors, roles, format }: WeightFile): boolean {
  const type = tensors.get(name)?.type;
  if (type !== undefined && !/F/.test(type)) return true;
  return format === 'onnx' && roles.size > 0 && ![...roles.values()].includes(name);
}

function firstPart(name: string): string {
  return name.split(/[./]/, 1)[0];
}

/** Whether a tensor has a parameter's shape, or that of its transpose. */
export function fits(expected: Shape, got: Shape): boolean {
  return sameShape(expected, got) || isReversed(expected, got);
}

/** A matrix the other way round; one that is square does not show it, and follows the others of the file. */
function isReversed(expected: Shape, got: Shape): boolean {
  return expected.length === 2 && !isSquare(expected) && sameShape(expected.toReversed(), got);
}

function isSquare(shape: Shape): boolean {
  return shape.length === 2 && shape[0] === shape[1];
}
