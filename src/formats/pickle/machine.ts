// The state of an unpickler: a stack, its marks and a memo. It only moves values, and can call only the functions of a
// given table of names.
import { Cursor } from './cursor.ts';
import { PickleFault, UnreadableValue } from './fault.ts';
import { runsCode } from './refused-names.ts';

/** What a pickle may refer to by name (`module.name`): functions it may call, and values. */
export type Names = Readonly<Record<string, unknown>>;

/** Makes a value from the arguments of a pickled call. */
export type Construct = (args: readonly unknown[]) => unknown;

/** A value whose state is set after it was made. */
export interface Buildable {
  build(state: unknown): void;
}

/** Finds values that are stored outside of the pickle. */
export type PersistentLoad = (id: unknown) => unknown;

/** A placeholder for a value of an unsupported kind, or its class. Nothing is imported or run to make it. */
export class Opaque {
  /** Why it is not read; continues "its pickle". */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

const MAX_WORK_PER_BYTE = 16;
/** Python writes each name once; other writers repeat some for each tensor. */
const MAX_NAMES = 100_000;

/**
 * Values are null, booleans, numbers, bigints, strings, Uint8Array (bytes), arrays (lists, tuples and sets), Map (dicts),
 * entries of the table of names, results of its functions, and `Opaque` for all others.
 */
export class Machine {
  readonly cursor: Cursor;
  /** Start of the current instruction. */
  start = 0;
  private readonly names: Names;
  private readonly persistentLoad: PersistentLoad | undefined;
  private readonly stack: unknown[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();
  private found = 0;
  /** Elements of all values that functions were called with. */
  private work = 0;

  constructor(bytes: Uint8Array, names: Names, persistentLoad?: PersistentLoad) {
    this.cursor = new Cursor(bytes);
    this.names = names;
    this.persistentLoad = persistentLoad;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    this.checkDepth(1);
    return this.stack.pop();
  }

  /** The value on top, which stays. */
  top(): unknown {
    this.checkDepth(1);
    return this.stack.at(-1);
  }

  /** Pops the last `count` values, oldest first. */
  popMany(count: number): unknown[] {
    this.checkDepth(count);
    return this.stack.splice(this.stack.length - count);
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** Pops the values since the last mark, and the mark. */
  popToMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw new PickleFault('goes back to a mark that it has not set');
    return this.stack.splice(mark);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw new PickleFault(`recalls value ${index}, which it has not stored`);
    this.push(this.memo.get(index));
  }

  append(values: readonly unknown[]): void {
    const list = this.top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list)) throw new PickleFault('appends to a value that is not a list');
    for (const value of values) list.push(value);
  }

  setItems(entries: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof Opaque) return;
    if (!(target instanceof Map)) throw new PickleFault('sets an entry of a value that is not a dict');
    if (entries.length % 2 !== 0) throw new PickleFault('sets an entry that has a key but no value');
    for (let i = 0; i < entries.length; i += 2) {
      if (target.has(entries[i]))
        throw new PickleFault(`has the key ${describe(entries[i])} twice in a dict`);
      target.set(entries[i], entries[i + 1]);
    }
  }

  /** Pushes the entry of the table for a name, or an `Opaque`. */
  find(module: unknown, name: unknown): void {
    if (++this.found > MAX_NAMES) throw new PickleFault(`asks for more than ${MAX_NAMES} names`);
    const full = `${describe(module, '')}.${describe(name, '')}`;
    if (Object.hasOwn(this.names, full)) {
      this.push(this.names[full]);
      return;
    }
    const reason = `asks for "${full}", which is not part of a weight file and is not run`;
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleFault(reason);
    if (runsCode(full)) throw new PickleFault(`${reason}: such a file is made to take over whoever loads it`);
    this.push(new Opaque(`byte ${this.start} of its pickle ${reason}`));
  }

  call(): void {
    const [construct, args] = this.popMany(2);
    if (construct instanceof Opaque) {
      this.push(construct);
      return;
    }
    if (typeof construct !== 'function') throw new PickleFault('calls a value that is not a function');
    if (!Array.isArray(args)) throw new PickleFault('calls with arguments that are not a tuple');
    this.charge(args);
    this.push(this.orOpaque(() => (construct as Construct)(args)));
  }

  /** A call with keyword arguments, which only unsupported classes have. */
  callWithNames(): void {
    const [construct, , named] = this.popMany(3);
    if (construct instanceof Opaque && named instanceof Map) this.push(construct);
    else throw new PickleFault('calls with keyword arguments a function that takes none');
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    this.charge(state);
    if (target instanceof Opaque) return;
    if (isBuildable(target)) target.build(state);
    else if (!(target instanceof Map)) throw new PickleFault('sets the state of a value that has none');
    // The attributes of a dict, such as the versions in a state_dict, are not weights.
  }

  loadPersistent(): void {
    const { persistentLoad } = this;
    if (!persistentLoad) throw new PickleFault('asks for data outside of it, but there are none');
    const id = this.pop();
    this.charge(id);
    this.push(this.orOpaque(() => persistentLoad(id)));
  }

  private orOpaque(make: () => unknown): unknown {
    try {
      return make();
    } catch (error) {
      if (error instanceof UnreadableValue) return new Opaque(error.message);
      throw error;
    }
  }

  /** Fails if values were used, and so copied, far more often than the bytes read so far can explain. */
  private charge(value: unknown): void {
    this.work += workOf(value);
    if (this.work > MAX_WORK_PER_BYTE * this.cursor.at) throw new PickleFault('uses large values too often');
  }

  /** Fails unless there are `count` values after the last mark. */
  private checkDepth(count: number): void {
    if (this.stack.length - (this.marks.at(-1) ?? 0) < count) {
      throw new PickleFault('takes a value from an empty stack');
    }
  }
}

/** A value in a few characters, for messages. */
export function describe(value: unknown, quote = '"'): string {
  if (typeof value === 'string') return `${quote}${value.slice(0, 100)}${quote}`;
  if (typeof value === 'object' && value !== null) return `(${value.constructor.name})`;
  return typeof value === 'function' ? '(a name)' : String(value).slice(0, 100);
}

/** Number of elements in a value and two levels below it. */
function workOf(value: unknown, depth = 2): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Map) return value.size;
  if (!Array.isArray(value)) return 0;
  return depth === 0
    ? value.length
    : value.reduce((sum, element) => sum + workOf(element, depth - 1), value.length);
}

function isBuildable(value: unknown): value is Buildable {
  return typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function';
}
