// The native engine: the whole step as generated C, compiled by the machine's compiler and run by a team of threads.
import type { Program } from '../../program/program.ts';
import { EngineError } from '../../tensor/errors.ts';
import { type Tensor, zeros } from '../../tensor/tensor.ts';
import type { Engine, EngineOptions, Executable, State } from '../engine.ts';
import { expandProgram } from '../expand.ts';
import { checkFeeds } from '../feeds.ts';
import { checkHolds, foreignState } from '../state-checks.ts';
import { buildLibrary } from './build.ts';
import { generate } from './generate.ts';
import type { Target } from './kernel.ts';
import { rules } from './kernels/index.ts';
import type { NativeMemory, PointerTable } from './memory.ts';
import { planStep, type StepPlan } from './plan/step.ts';
import { type LoadedProgram, openRuntime, type Runtime } from './runtime.ts';
import { NativeState } from './state.ts';
import { findToolchain } from './toolchain.ts';

const FLOAT_BYTES = 4;

/**
 * The engine that runs generated C.
 * @throws EngineError if there is no C compiler, or it fails
 */
export async function openNativeEngine({ threads }: EngineOptions = {}): Promise<Engine> {
  const toolchain = await findToolchain();
  const runtime = await openRuntime(toolchain, threads);
  const { lanes, registers } = toolchain.vector;
  const target: Target = { lanes, registers, threads: runtime.threads };
  return {
    name: 'native',
    createState: (variables) => new NativeState(runtime, lanes, variables),
    async compile(program, state) {
      const held = nativeStateFor(program, state);
      const plan = planStep(expandProgram(program, 'native'), rules, target, held.layouts());
      const library = await buildLibrary({ toolchain, files: generate(plan, target) });
      return new NativeExecutable(program, plan, held, runtime, runtime.load(library.path));
    },
  };
}

/** Fails unless `state` is of this engine and holds every variable of the program. */
function nativeStateFor(program: Program, state: State): NativeState {
  if (!(state instanceof NativeState)) throw foreignState('native');
  checkHolds(state, program);
  return state;
}

class NativeExecutable implements Executable {
  readonly program: Program;
  private readonly plan: StepPlan;
  private readonly state: NativeState;
  private readonly loaded: LoadedProgram;
  private readonly memory: NativeMemory;
  private readonly table: PointerTable;
  private live = true;

  constructor(program: Program, plan: StepPlan, state: NativeState, runtime: Runtime, loaded: LoadedProgram) {
    this.program = program;
    this.plan = plan;
    this.state = state;
    this.loaded = loaded;
    this.memory = runtime.allocate(Math.max(plan.memory, 1) * FLOAT_BYTES);
    const variables = plan.variables.map((name) => ({ memory: state.place(name, plan.layouts.get(name)!) }));
    this.table = runtime.pointers([{ memory: this.memory }, ...variables]);
    for (const [value, { place }] of plan.constants) {
      if (value.source.kind === 'constant') this.put(value.source.tensor, place);
    }
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (!this.live)
      throw new EngineError(`"${this.program.name}" was disposed of; compile it again to run it.`);
    checkFeeds(this.program, feeds);
    await this.state.turn.during(async () => {
      for (const [name, { place }] of this.plan.inputs) this.put(feeds[name]!, place);
      await this.loaded.run(this.table);
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

  private put({ dtype, data }: Tensor, place: number): void {
    const { buffer } = this.memory.floats();
    const target = dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
    target.set(data, place);
  }

  private results(): Record<string, Tensor> {
    const { buffer } = this.memory.floats();
    return Object.fromEntries(
      [...this.plan.results].map(([name, { buffer: from, place }]) => {
        const { shape, dtype } = this.program.results.get(name)!;
        if (from !== 0) return [name, this.state.read(this.plan.variables[from - 1]!)];
        const result = zeros(shape, dtype) as Tensor;
        const source = dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
        result.data.set(source.subarray(place, place + result.data.length));
        return [name, result];
      }),
    );
  }
}
