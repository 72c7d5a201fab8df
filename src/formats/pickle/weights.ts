// Finds the weights in an unpickled checkpoint: nested dicts of tensors, among numbers, settings and optimizer state.
import { MAX_NAME, MAX_TENSORS } from '../limits.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { ONLY_TENSOR, type Plain } from '../tensor-file.ts';
import { PickleFault } from './fault.ts';
import { describe } from './machine.ts';
import { plainRecord } from './plain.ts';
import { PickledTensor } from './tensor.ts';

/** The weights of a checkpoint, by their dotted names in the part they are in, and the rest of it. */
export interface PickledWeights {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, Plain>>;
  /** Whether Paddle wrote it. */
  readonly isPaddle: boolean;
}

/** Paddle's entry that gives the name of each parameter in its program. */
const PADDLE_NAMES = 'StructuredToParameterName@@';
/** Paddle's entry for arrays that were too large for protocols 2 and 3. */
const PADDLE_SLICES = 'UnpackBigParamInfor@@';

/** Where training scripts put the weights, beside the state of the optimizer and others. */
const usualKeys = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'params'];

const MAX_DEPTH = 32;
const MAX_VISITS = 4_000_000;

/**
 * The weights are all tensors, except: in a dict with one of the usual keys, or with one entry only that holds tensors,
 * they are those of that entry.
 * @throws PickleFault if there are none, too many, or names occur twice
 */
export function pickledWeights(root: unknown): PickledWeights {
  const walk = new Walk();
  walk.addTensors(walk.partWithWeights(root), '');
  if (walk.tensors.size === 0) throw new PickleFault('holds no tensors');
  return { tensors: walk.tensors, metadata: plainRecord(root), isPaddle: walk.isPaddle };
}

class Walk {
  readonly tensors = new Map<string, StoredTensor>();
  isPaddle = false;
  private readonly known = new Map<object, boolean>();
  private visits = 0;

  partWithWeights(value: unknown, depth = 0): unknown {
    if (!(value instanceof Map)) return value;
    checkDepth(depth);
    const holders = [...value.values()].filter((entry) => this.holdsTensors(entry));
    const usual = usualKeys
      .map((key) => value.get(key))
      .find((entry) => isDict(entry) && this.holdsTensors(entry));
    const only = holders.length === 1 && isDict(holders[0]) ? holders[0] : undefined;
    const part = usual ?? only;
    return part ? this.partWithWeights(part, depth + 1) : value;
  }

  addTensors(value: unknown, name: string, depth = 0): void {
    checkDepth(depth);
    const tensor = tensorIn(value);
    if (tensor) this.add(name || ONLY_TENSOR, tensor);
    else this.addChildren(value, name, depth);
    this.isPaddle ||= tensor ? value !== tensor : hasKey(value, PADDLE_NAMES);
    if (!hasKey(value, PADDLE_SLICES)) return;
    throw new PickleFault('has arrays in slices; in Python, save it again: paddle.save(..., protocol=4)');
  }

  private addChildren(value: unknown, name: string, depth: number): void {
    for (const [key, child] of childrenOf(value)) {
      if (++this.visits > MAX_VISITS) throw new PickleFault('repeats its parts too often');
      if (!this.holdsTensors(child)) continue;
      this.addTensors(child, name ? `${name}.${textOf(key)}` : textOf(key), depth + 1);
    }
  }

  private add(name: string, tensor: PickledTensor): void {
    // Looked at before the name is: the same long key may be in many of them.
    if (name.length > MAX_NAME)
      throw new PickleFault(`has a tensor with a name of ${name.length} characters`);
    if (this.tensors.has(name)) throw new PickleFault(`has two tensors called ${describe(name)}`);
    if (this.tensors.size === MAX_TENSORS) throw new PickleFault(`has more than ${MAX_TENSORS} tensors`);
    this.tensors.set(name, tensor.stored());
  }

  private holdsTensors(value: unknown, depth = 0): boolean {
    if (tensorIn(value)) return true;
    if (typeof value !== 'object' || value === null) return false;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    checkDepth(depth);
    this.known.set(value, false); // As long as it is looked at: it may hold itself.
    const holds = childrenOf(value).some(([, child]) => this.holdsTensors(child, depth + 1));
    this.known.set(value, holds);
    return holds;
  }
}

/** A tensor, or a pair of its name in Paddle and it. */
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

function textOf(key: unknown): string {
  if (typeof key === 'object' || typeof key === 'function') {
    throw new PickleFault(`has a tensor under the key ${describe(key)}; expected a text or a number`);
  }
  return String(key);
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new PickleFault(`nests more than ${MAX_DEPTH} deep, or holds itself`);
}
