// The variables of the native engine: in native memory, each in the layout that the first program to use it wants.

import { unknownName } from '../../base/errors.ts';
import type { Variable } from '../../graph/types.ts';
import { type FloatTensor, floatTensor, zeros } from '../../tensor/tensor.ts';
import type { State } from '../engine.ts';
import { checkWrite, RunLock } from '../state-checks.ts';
import { type Layout, storageSize } from './compiler/layout.ts';
import { pack, unpack } from './compiler/pack.ts';
import type { NativeMemory } from './runtime/memory.ts';
import type { Runtime } from './runtime/runtime.ts';

const FLOAT_BYTES = 4;

/** A variable in native memory. */
interface Placed {
  readonly layout: Layout;
  readonly memory: NativeMemory;
}

export class NativeState implements State {
  readonly variables: readonly Variable[];
  private readonly runtime: Runtime;
  private readonly lanes: number;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Values of variables that no program has used yet, and so have no layout. */
  private readonly waiting = new Map<string, FloatTensor>();
  private readonly placed = new Map<string, Placed>();
  /** Runs change variables where they lie. */
  readonly lock = new RunLock();
  /** Counts the changes of variables: what was made of them is out of date when it has moved. */
  private changes = 0;

  constructor(runtime: Runtime, lanes: number, variables: readonly Variable[]) {
    this.runtime = runtime;
    this.lanes = lanes;
    this.variables = variables;
    this.shapes = new Map(variables.map(({ name, shape }) => [name, shape]));
  }

  read(name: string): FloatTensor {
    const shape = this.shapeOf(name);
    const placed = this.placed.get(name);
    if (placed) return floatTensor(shape, unpack(placed.memory.floats(), shape, placed.layout, this.lanes));
    const waiting = this.waiting.get(name);
    return waiting ? floatTensor(shape, waiting.data.slice()) : zeros(shape);
  }

  write(name: string, value: FloatTensor): void {
    const shape = this.shapeOf(name);
    checkWrite(name, shape, value);
    this.noteChange();
    const placed = this.placed.get(name);
    if (placed) pack(value.data, shape, placed.layout, this.lanes, placed.memory.floats());
    else this.waiting.set(name, floatTensor(shape, value.data.slice()));
  }

  get version(): number {
    return this.changes;
  }

  /** To be called when a run changes variables. */
  noteChange(): void {
    this.changes++;
  }

  dispose(): void {
    for (const { memory } of this.placed.values()) memory.free();
    this.placed.clear();
    this.waiting.clear();
  }

  /** Layouts that are settled. */
  layouts(): Map<string, Layout> {
    return new Map([...this.placed].map(([name, { layout }]) => [name, layout]));
  }

  /** The memory of a variable, which takes `layout` if it has none yet. */
  place(name: string, layout: Layout): NativeMemory {
    const known = this.placed.get(name);
    if (known) return known.memory;
    const shape = this.shapeOf(name);
    const memory = this.runtime.allocate(storageSize(shape, layout, this.lanes) * FLOAT_BYTES);
    const value = this.waiting.get(name);
    if (value) pack(value.data, shape, layout, this.lanes, memory.floats());
    this.placed.set(name, { layout, memory });
    this.waiting.delete(name);
    return memory;
  }

  private shapeOf(name: string): readonly number[] {
    const shape = this.shapes.get(name);
    if (!shape) throw unknownName('variable', name, [...this.shapes.keys()]);
    return shape;
  }
}
