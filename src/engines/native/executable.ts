// A compiled program of the native engine: its memory, and its runs on a state.

import { EngineError } from '../../base/errors.ts';
import { lookup } from '../../base/lookup.ts';
import type { Program } from '../../program/program.ts';
import { intTensor, type Tensor, zeros } from '../../tensor/tensor.ts';
import type { Executable } from '../engine.ts';
import { checkFeeds } from '../feeds.ts';
import type { Compiled } from './compile.ts';
import type { StepPlan } from './compiler/plan/step.ts';
import type { NativeMemory, PointerTable } from './runtime/memory.ts';
import type { LoadedProgram } from './runtime/runtime.ts';
import type { NativeState } from './state.ts';

const FLOAT_BYTES = 4;

/** Owns the memory that the program computes in; variables are the state's. */
export class NativeExecutable implements Executable {
  readonly program: Program;
  protected readonly plan: StepPlan;
  private readonly state: NativeState;
  protected readonly loaded: LoadedProgram;
  private readonly memory: NativeMemory;
  private readonly table: PointerTable;
  /** Whether a run is over before another thread could have begun it. */
  private readonly short: boolean;
  /** The version of the state that the program's preparation was made of. */
  private prepared: number | undefined;
  private live = true;

  constructor({ program, plan, short, state, runtime, loaded }: Compiled) {
    this.program = program;
    this.plan = plan;
    this.short = short;
    this.state = state;
    this.loaded = loaded;
    this.memory = runtime.allocate(Math.max(plan.memory, 1) * FLOAT_BYTES);
    const variables = plan.variables.map((name) => ({
      memory: state.place(name, lookup(plan.layouts, name)),
    }));
    this.table = runtime.pointers([{ memory: this.memory }, ...variables]);
    for (const [value, { place }] of plan.constants) {
      if (value.source.kind === 'constant') this.put(value.source.tensor, place);
    }
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (!this.live)
      throw new EngineError(`"${this.program.name}" was disposed of; compile it again to run it.`);
    checkFeeds(this.program, feeds);
    await this.state.lock.hold(async () => {
      for (const [name, { place }] of this.plan.inputs) this.put(feeds[name], place);
      const { version } = this.state;
      this.askForPreparation(version !== this.prepared);
      if (this.program.updates.size > 0) this.state.noteChange();
      if (this.short) this.loaded.runSync(this.table);
      else await this.loaded.run(this.table);
      this.prepared = version;
    });
    return this.results();
  }

  dispose(): void {
    if (!this.live) return;
    this.live = false;
    this.table.free();
    this.memory.free();
    this.loaded.unload();
  }

  private askForPreparation(needed: boolean): void {
    const { changed } = this.plan;
    if (changed) this.put(intTensor([], Int32Array.of(Number(needed))), changed.place);
  }

  private put({ data }: Tensor, place: number): void {
    this.memory.part(place * FLOAT_BYTES, data.byteLength).set(bytesOf(data));
  }

  private results(): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.plan.results].map(([name, { buffer: from, place }]) => {
        const { shape, dtype } = lookup(this.program.results, name);
        if (from !== 0) return [name, this.state.read(this.plan.variables[from - 1])];
        const result = zeros(shape, dtype) as Tensor;
        bytesOf(result.data).set(this.memory.part(place * FLOAT_BYTES, result.data.byteLength));
        return [name, result];
      }),
    );
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Tensor['data']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
