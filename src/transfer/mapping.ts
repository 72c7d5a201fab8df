// Maps the tensors of a weight file to the parameters of a model, by name or by order.
import { lookup } from '../base/lookup.ts';
import type { Skipped, TensorFile } from '../formats/index.ts';
import type { Shape } from '../tensor/shape.ts';
import { possibleNames, splitName } from './names.ts';
import { type Conflict, matchByOrder } from './order.ts';
import { fits, isSquare, isTransposed, type Shapes } from './shapes.ts';

/** A tensor of the file for a parameter of the model. */
export interface Assignment {
  /** Name of the parameter. */
  readonly name: string;
  /** Name of the tensor in the file. */
  readonly source: string;
  /** Whether the file holds the matrix as `[inputs, outputs]`, as Paddle does. */
  readonly transposed: boolean;
}

/** How a weight file fits a model. */
export interface WeightMapping {
  /** Whether tensors were matched by name or, if no name matched, by the order of their shapes. */
  readonly by: 'name' | 'order';
  /** Prefix of the parameters' names in the file, such as `module.`; may be empty. */
  readonly prefix: string;
  /** Other prefixes with equally many matching names, such as `teacher.` and `student.` */
  readonly otherPrefixes: readonly string[];
  readonly assigned: readonly Assignment[];
  /** Parameters without a tensor in the file. */
  readonly missing: readonly string[];
  /** Tensors of the file that look like parameters, but are not the model's. */
  readonly unexpected: readonly string[];
  /** Parameters whose tensor has another shape. */
  readonly mismatched: readonly Mismatch[];
  /** If shapes are in the model's order, the names that contradict this order. */
  readonly conflicts: readonly Conflict[];
  /** Tensors of the file that belong to no network or cannot be read, with reasons. */
  readonly skipped: readonly Skipped[];
}

/** A tensor with another shape than its parameter. */
export interface Mismatch {
  readonly name: string;
  readonly expected: Shape;
  readonly got: Shape;
}

/** A weight file before its values are read. */
export type WeightFile = Pick<TensorFile, 'format' | 'tensors' | 'roles' | 'skipped'>;

/** Counters that PyTorch's batch normalization and profiling tools add to layers; ignored. */
const counters = new Set(['num_batches_tracked', 'total_ops', 'total_params']);
/** Parts of a training script whose tensors do not belong to the network. */
const nonNetwork =
  /^(criterion|loss|.*_loss|loss_fn|optim|optimizer|scheduler|scaler|metrics?|(train|val|test)_.*|ema|.*_ema)$/i;
const averaged = /(^|[._-])(ema|swa|averaged|shadow)([._-]|$)/i;
/** Limits the work for names with many parts. */
const MAX_PREFIXES = 8;

/**
 * Finds the tensor of each parameter: by its own name, by its name in another framework or the operator that reads it, or
 * by its name after a common prefix such as `module.`. If no name matches but the shapes are those of the model, in the same
 * order, tensors are matched by order, provided that their names do not contradict it.
 */
export function mapWeights(parameters: Shapes, file: WeightFile): WeightMapping {
  const used = [...file.tensors].filter(([name]) => !counters.has(splitName(name)[1]));
  const tensors: WeightFile['tensors'] = new Map(used);
  const found = sourcesByName(parameters, { ...file, tensors });
  const { sources: ordered, conflicts } =
    found.sources.size === 0 ? matchByOrder(parameters, tensors) : { sources: undefined, conflicts: [] };
  const compared = compare(parameters, { ...file, tensors }, ordered ?? found.sources);
  const inOtherPart = (name: string) => found.others.some((other) => other !== '' && name.startsWith(other));
  const unmatched = compared.unexpected.filter((name) => !inOtherPart(name));
  const { unexpected, unrelated } = sortUnmatched(unmatched, parameters, file, found.prefix);
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
  /** Name of the tensor for each parameter. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Name of the tensor for each parameter, with the prefix that most of them share. */
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
      const sources = lookup(byPrefix, prefix);
      // An exact match has priority over a translated name.
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

/** All prefixes up to a dot, including the empty one: '', `module.` and `module.conv1.` for `module.conv1.weight` */
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
    expected: lookup(parameters, name).shape,
    got: lookup(tensors, source).shape,
  }));
  const rectangular = pairs.filter(({ expected }) => expected.length === 2 && !isSquare(expected));
  const transposeSquares =
    rectangular.length > 0
      ? rectangular.some(({ expected, got }) => isTransposed(expected, got))
      : format === 'paddle';
  const isFitting = ({ expected, got }: Omit<Mismatch, 'name'>) => fits(expected, got);
  return {
    assigned: pairs.filter(isFitting).map(({ name, source, expected, got }) => ({
      name,
      source,
      transposed: isTransposed(expected, got) || (transposeSquares && isSquare(expected)),
    })),
    missing: [...parameters.keys()].filter((name) => !sources.has(name)),
    unexpected: [...tensors.keys()].filter((source) => !used.has(source)),
    mismatched: pairs
      .filter((pair) => !isFitting(pair))
      .map(({ name, expected, got }) => ({ name, expected, got })),
  };
}

/** Separates unexpected tensors from those that cannot belong to a layer, and so do not indicate another network. */
function sortUnmatched(
  names: readonly string[],
  parameters: Shapes,
  file: WeightFile,
  prefix: string,
): { unexpected: string[]; unrelated: Skipped[] } {
  const modules = new Set([...parameters.keys()].map(firstPart));
  const isLayer = (name: string) => mayBeLayer(name, prefix, modules);
  const stored = names.filter((name) => !isConstant(name, file));
  // Unreadable tensors may belong to layers, too.
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
  if (counters.has(ending) || nonNetwork.test(firstPart(own))) return false;
  return owner !== '' && isParameterEnding(ending);
}

function isParameterEnding(ending: string): boolean {
  return /^(weight|bias|running_mean|running_var|gamma|beta|_mean|_variance|moving_\w+|kernel|[wb]_\d+)/.test(
    ending,
  );
}

/** Whether a tensor is a constant of a graph, an index or a count, and not a weight. */
function isConstant(name: string, { tensors, roles, format }: WeightFile): boolean {
  const type = tensors.get(name)?.type;
  if (type !== undefined && !/F/.test(type)) return true;
  return format === 'onnx' && roles.size > 0 && ![...roles.values()].includes(name);
}

function firstPart(name: string): string {
  return name.split(/[./]/, 1)[0];
}
