// Finds the weights in an unpickled checkpoint: nested dicts of tensors, among numbers, settings and optimizer state.
import { MAX_NAME, MAX_TENSORS } from '../limits.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { ONLY_TENSOR, type Plain, type Skipped } from '../tensor-file.ts';
import { PickleFault, UnreadableValue } from './fault.ts';
import { describe, Opaque } from './machine.ts';
import { plainRecord } from './plain.ts';
import { PickledTensor } from './tensor.ts';

/** The weights of a checkpoint by their dotted names, and the rest of it. */
export interface PickledWeights {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, Plain>>;
  readonly skipped: readonly Skipped[];
  /** Dotted key of the part with the weights; empty for the whole checkpoint. */
  readonly part: string;
  /** Other parts that hold weights. */
  readonly otherParts: readonly string[];
  /** Whether Paddle wrote it. */
  readonly isPaddle: boolean;
}

/** Paddle's entry with the name of each parameter in its program. */
export const PADDLE_NAMES = 'StructuredToParameterName@@';
/** Paddle's entry for arrays that were too large for protocols 2 and 3. */
const PADDLE_SLICES = 'UnpackBigParamInfor@@';

/** Where training scripts put the weights, beside the state of the optimizer and others. */
const usualKeys = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'params'];
/** Keys of averaged weights (EMA, SWA), read on request, or if there are no others. */
const averaged = /(^|[_-])(ema|swa|averaged|shadow)([_-]|$)/i;
/** Keys of the state of training, such as the optimizer's. */
const training = /^(opt$|optim|.*optimizer|.*sched|.*scaler|amp$|.*rng|.*random|criterion|.*loss)/i;

const MAX_DEPTH = 32;
const MAX_VISITS = 1_000_000;
/** Maximum number of skipped values outside the weights to list. */
const MAX_SKIPPED = 1000;

/**
 * Finds the weights: all tensors, or those of one entry of a dict, if the dict has one of the usual keys or only one entry
 * with tensors of a model.
 * @param wanted dotted key of the part to read instead, if the checkpoint has it
 * @throws PickleFault if there are none, too many, or names occur twice
 */
export function pickledWeights(root: unknown, wanted?: string): PickledWeights {
  const walk = new Walk();
  const requested = wanted === undefined ? undefined : walk.partAt(root, wanted);
  const { value, path, others } = walk.partWithWeights(
    requested ?? root,
    requested && wanted !== undefined ? [wanted] : [],
  );
  walk.addTensors(value, '');
  if (value !== root) walk.addOpaque(root, '', value);
  if (walk.tensors.size === 0) throw new PickleFault(walk.reasonOfNone());
  const { tensors, skipped, isPaddle } = walk;
  const otherParts = requested ? [] : others;
  return { tensors, skipped, metadata: plainRecord(root), part: path.join('.'), otherParts, isPaddle };
}

interface Part {
  readonly value: unknown;
  readonly path: readonly string[];
  readonly others: readonly string[];
}

class Walk {
  readonly tensors = new Map<string, StoredTensor>();
  readonly skipped: Skipped[] = [];
  isPaddle = false;
  private readonly known = new Map<object, boolean>();
  private readonly seen = new Set<object>();
  private visits = 0;

  /** The dict with tensors at a dotted key, if there is one. */
  partAt(root: unknown, wanted: string): unknown {
    const whole = isDict(root) ? root.get(wanted) : undefined;
    const found =
      whole ?? wanted.split('.').reduce((value, key) => (isDict(value) ? value.get(key) : undefined), root);
    return isDict(found) && this.holdsTensors(found) ? found : undefined;
  }

  partWithWeights(value: unknown, path: readonly string[] = []): Part {
    if (!isDict(value)) return { value, path, others: [] };
    checkDepth(path.length);
    const chosen = this.subrange(value);
    if (chosen === undefined) return { value, path, others: [] };
    const inner = this.partWithWeights(value.get(chosen), [...path, String(chosen)]);
    const beside = this.partsOf(value).filter((key) => key !== chosen && !training.test(String(key)));
    return { ...inner, others: [...beside.map((key) => [...path, key].join('.')), ...inner.others] };
  }

  /** The key of the dict that holds the weights; undefined if the dict itself does. */
  private subrange(dict: Map<unknown, unknown>): unknown {
    const parts = this.partsOf(dict);
    const usual = usualKeys.find((key) => parts.includes(key));
    if (usual !== undefined) return usual;
    const hasOwnTensors = [...dict.values()].some((value) => !isDict(value) && this.holdsTensors(value));
    const ofModels = parts.filter((key) => !training.test(String(key)));
    const current = ofModels.filter((key) => !averaged.test(String(key)));
    const candidates = current.length > 0 ? current : ofModels;
    return candidates.length === 1 && !hasOwnTensors ? candidates[0] : undefined;
  }

  /** Keys of the dicts in a dict that hold tensors. */
  private partsOf(dict: Map<unknown, unknown>): unknown[] {
    return [...dict].filter(([, value]) => isDict(value) && this.holdsTensors(value)).map(([key]) => key);
  }

  addTensors(value: unknown, name: string, depth = 0): void {
    checkDepth(depth);
    const tensor = tensorIn(value);
    if (tensor) this.add(name || ONLY_TENSOR, tensor);
    else if (value instanceof Opaque) this.skip(name || ONLY_TENSOR, value.reason);
    else this.addChildren(value, name, depth);
    this.isPaddle ||= tensor ? value !== tensor : hasKey(value, PADDLE_NAMES);
    if (!hasKey(value, PADDLE_SLICES)) return;
    throw new PickleFault('has arrays in slices; in Python, save it again: paddle.save(..., protocol=4)');
  }

  /** Lists skipped values outside of the weights. */
  addOpaque(value: unknown, name: string, weights: unknown, depth = 0): void {
    if (value === weights || typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    if (this.skipped.length >= MAX_SKIPPED || this.visits > MAX_VISITS) return;
    if (value instanceof Opaque) this.skip(name, value.reason);
    else if (!this.seen.has(value)) {
      this.seen.add(value);
      for (const [key, child] of childrenOf(value)) {
        this.visits++;
        this.addOpaque(child, childName(name, shownKey(key)), weights, depth + 1);
      }
    }
  }

  /** Why there are no weights: the first skipped value, if any. */
  reasonOfNone(): string {
    const [first] = this.skipped;
    if (!first) return 'holds no tensors';
    const { reason } = first;
    if (!reason.includes('asks for')) return reason;
    return `${reason}; in Python, load the file and save the weights alone: torch.save(model.state_dict(), FILE)`;
  }

  private addChildren(value: unknown, name: string, depth: number): void {
    for (const [key, child] of childrenOf(value)) {
      if (++this.visits > MAX_VISITS) throw new PickleFault('repeats its parts too often');
      if (child instanceof Opaque) this.skip(childName(name, shownKey(key)), child.reason);
      if (this.holdsTensors(child)) this.addTensors(child, childName(name, textOf(key)), depth + 1);
    }
  }

  private add(name: string, tensor: PickledTensor): void {
    // Checked before anything uses the name: many names may share a long key.
    if (name.length > MAX_NAME)
      throw new PickleFault(`has a tensor with a name of ${name.length} characters`);
    if (this.tensors.has(name)) throw new PickleFault(`has two tensors called ${describe(name)}`);
    if (this.tensors.size === MAX_TENSORS) throw new PickleFault(`has more than ${MAX_TENSORS} tensors`);
    try {
      this.tensors.set(name, tensor.stored());
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      this.skip(name, error.message);
    }
  }

  private skip(name: string, reason: string): void {
    if (this.skipped.length < MAX_SKIPPED) this.skipped.push({ name: name.slice(0, MAX_NAME), reason });
  }

  private holdsTensors(value: unknown, depth = 0): boolean {
    if (tensorIn(value)) return true;
    if (typeof value !== 'object' || value === null) return false;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    checkDepth(depth);
    this.known.set(value, false); // While it is visited, as it may contain itself.
    const holds = childrenOf(value).some(([, child]) => this.holdsTensors(child, depth + 1));
    this.known.set(value, holds);
    return holds;
  }
}

/** A tensor, or Paddle's pair of a name and a tensor. */
function tensorIn(value: unknown): PickledTensor | undefined {
  if (value instanceof PickledTensor) return value;
  const isPair = Array.isArray(value) && value.length === 2 && typeof value[0] === 'string';
  return isPair && value[1] instanceof PickledTensor ? value[1] : undefined;
}

function childrenOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  return Array.isArray(value) ? value.map((child, index) => [index, child]) : [];
}

function hasKey(value: unknown, key: string): boolean {
  return isDict(value) && value.has(key);
}

function isDict(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map;
}

function childName(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`.slice(0, 2 * MAX_NAME);
}

function textOf(key: unknown): string {
  if (typeof key === 'object' || typeof key === 'function') {
    throw new PickleFault(`has a tensor under the key ${describe(key)}; expected a string or a number`);
  }
  return String(key);
}

/** A key of any kind, short enough to be listed. */
function shownKey(key: unknown): string {
  return describe(key, '').slice(0, 100);
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new PickleFault(`nests more than ${MAX_DEPTH} deep, or contains itself`);
}
