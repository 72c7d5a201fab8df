// An engine that is replaced by another one, with all its states, when it fails to compile a program.

import { EngineError } from '../base/errors.ts';
import type { Variable } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import type { CompileOptions, Engine, Replaced } from './engine.ts';
import type { Executable, State } from './executable.ts';
import type { Instruments } from './instruments.ts';
import { foreignState } from './state-checks.ts';

/** Opens the engine that takes over, and gets the reason. */
export type OpenSuccessor = (failure: EngineError) => Promise<Engine>;

/**
 * Works as `first` until a program fails to compile there, and as its successor from then on. A compiler can fail at any
 * program, also in the middle of a training run, so states move with their values, and programs that were compiled
 * before are recompiled when they run next.
 */
export class FallbackEngine implements Engine {
  private readonly first: Engine;
  private readonly openSuccessor: OpenSuccessor;
  private engine: Engine;
  private successor: Promise<Engine> | undefined;
  private failure: EngineError | undefined;

  constructor(first: Engine, openSuccessor: OpenSuccessor) {
    this.first = first;
    this.engine = first;
    this.openSuccessor = openSuccessor;
  }

  /** The engine at work. */
  get current(): Engine {
    return this.engine;
  }

  get name(): string {
    return this.engine.name;
  }

  get threads(): number | undefined {
    return this.engine.threads;
  }

  get replaced(): Replaced | undefined {
    const { failure, first } = this;
    return failure && { name: first.name, reason: failure.message };
  }

  get instruments(): Instruments | undefined {
    const { engine } = this;
    const { instruments } = engine;
    return (
      instruments && {
        ...instruments,
        compileProfiled: (program, state) => instruments.compileProfiled(program, movable(state).on(engine)),
        tune: (program, state, ...rest) => instruments.tune(program, movable(state).on(engine), ...rest),
      }
    );
  }

  createState(variables: readonly Variable[]): State {
    return new MovableState(this.engine, variables);
  }

  async compile(program: Program, state: State, options: CompileOptions = {}): Promise<Executable> {
    const held = movable(state);
    const [home, executable] = await this.compileSomewhere(program, held, options);
    return new MovableExecutable(this, held, home, executable);
  }

  /** Compiles on the engine at work, or if that is the first one and fails, on its successor. */
  async compileSomewhere(
    program: Program,
    state: MovableState,
    options: CompileOptions = {},
  ): Promise<[Engine, Executable]> {
    const { engine } = this;
    try {
      return [engine, await engine.compile(program, state.on(engine), options)];
    } catch (error) {
      if (engine !== this.first || !(error instanceof EngineError)) throw error;
      const successor = await this.handOver(error);
      return [successor, await successor.compile(program, state.on(successor), options)];
    }
  }

  /** Several programs may fail at the same time: there is one successor. */
  private async handOver(failure: EngineError): Promise<Engine> {
    this.successor ??= this.openSuccessor(failure);
    this.failure ??= failure;
    this.engine = await this.successor;
    return this.engine;
  }
}

function movable(state: State): MovableState {
  if (state instanceof MovableState) return state;
  throw foreignState('auto');
}

/** A state on the engine that used it last. */
class MovableState implements State {
  readonly variables: readonly Variable[];
  private home: Engine;
  private state: State;

  constructor(home: Engine, variables: readonly Variable[]) {
    this.variables = variables;
    this.home = home;
    this.state = home.createState(variables);
  }

  /** The state on `engine`, moved there if it has to be. */
  on(engine: Engine): State {
    if (engine !== this.home) {
      const left = this.state;
      this.home = engine;
      this.state = engine.createState(this.variables);
      for (const { name } of this.variables) this.state.write(name, left.read(name));
      left.dispose();
    }
    return this.state;
  }

  read(name: string): FloatTensor {
    return this.state.read(name);
  }

  write(name: string, value: FloatTensor): void {
    this.state.write(name, value);
  }

  dispose(): void {
    this.state.dispose();
  }
}

/** A program on the engine where it ran last. */
class MovableExecutable implements Executable {
  readonly program: Program;
  private readonly engine: FallbackEngine;
  private readonly state: MovableState;
  private home: Engine;
  private executable: Executable;
  private live = true;

  constructor(engine: FallbackEngine, state: MovableState, home: Engine, executable: Executable) {
    this.program = executable.program;
    this.engine = engine;
    this.state = state;
    this.home = home;
    this.executable = executable;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.live && this.home !== this.engine.current) {
      this.executable.dispose();
      [this.home, this.executable] = await this.engine.compileSomewhere(this.program, this.state);
    }
    return this.executable.run(feeds);
  }

  dispose(): void {
    this.live = false;
    this.executable.dispose();
  }
}
