// The onnx engine: compiles a program to a standard ONNX model, which ONNX Runtime runs. Needs no C compiler.
import { availableParallelism } from 'node:os';
import { EngineError } from '../../base/errors.ts';
import type { Program } from '../../program/program.ts';
import { note } from '../../system/notices.ts';
import { checkThreads } from '../../system/threads.ts';
import { type Tensor, zeros } from '../../tensor/tensor.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import type { Executable } from '../executable.ts';
import { checkFeeds } from '../feeds.ts';
import { type LoweredProgram, lowerProgram } from './model.ts';
import { OnnxRuntime, type OnnxSession } from './runtime.ts';
import { checkOnnxState, OnnxState } from './state.ts';

/**
 * Opens the onnx engine.
 * @throws EngineError if ONNX Runtime cannot be loaded
 */
export async function openOnnxEngine({
  threads = availableParallelism(),
}: EngineOptions = {}): Promise<Engine> {
  checkThreads(threads);
  const runtime = await OnnxRuntime.load({ threads });
  noteOnce(runtime.advice);
  return {
    name: 'onnx',
    threads,
    createState: (variables) => new OnnxState(variables),
    async compile(program, state) {
      const onnxState = checkOnnxState(program, state);
      const lowered = lowerProgram(program);
      return new OnnxExecutable(program, lowered, await runtime.open(lowered.model), onnxState);
    },
  };
}

let noted = false;

/** Notes once per process how to make the engine faster. */
function noteOnce(advice: string | undefined): void {
  if (advice === undefined || noted) return;
  noted = true;
  note(`the onnx engine runs as WebAssembly. ${advice}`);
}

class OnnxExecutable implements Executable {
  readonly program: Program;
  private readonly lowered: LoweredProgram;
  private readonly session: OnnxSession;
  private state: OnnxState | undefined;

  constructor(program: Program, lowered: LoweredProgram, session: OnnxSession, state: OnnxState) {
    this.program = program;
    this.lowered = lowered;
    this.session = session;
    this.state = state;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const state = this.liveState();
    checkFeeds(this.program, feeds);
    const results = this.emptyResults();
    await state.lock.hold(() => this.session.run(this.inputs(feeds, state), this.outputs(results, state)));
    state.swap(this.lowered.updates.keys());
    return results;
  }

  dispose(): void {
    if (!this.state) return;
    this.state = undefined;
    void this.session.release();
  }

  private liveState(): OnnxState {
    if (this.state) return this.state;
    throw new EngineError(`"${this.program.name}" was disposed of; compile it again to run it.`);
  }

  private inputs(feeds: Readonly<Record<string, Tensor>>, state: OnnxState): Record<string, Tensor> {
    const { inputs, variables, hostInputs } = this.lowered;
    const named: Record<string, Tensor> = {};
    for (const [name, input] of inputs) named[input] = feeds[name];
    for (const [name, input] of variables) named[input] = state.tensor(name);
    for (const { name, make } of hostInputs) named[name] = make(feeds);
    return named;
  }

  private outputs(results: Readonly<Record<string, Tensor>>, state: OnnxState): Record<string, Tensor> {
    const named: Record<string, Tensor> = {};
    for (const [name, output] of this.lowered.updates) named[output] = state.backBuffer(name);
    for (const [name, output] of this.lowered.results) named[output] = results[name];
    return named;
  }

  private emptyResults(): Record<string, Tensor> {
    const { results } = this.program;
    return Object.fromEntries(
      [...results].map(([name, { shape, dtype }]) => [name, zeros(shape, dtype) as Tensor]),
    );
  }
}
