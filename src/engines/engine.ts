// The interface of engines. An engine turns programs into executables; the variables that programs share live in a
// state that the engine owns, so that training, evaluation and prediction run on the same weights without copying them.

import type { Variable } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import type { StopSignal } from '../system/stop-signal.ts';
import type { Executable, State } from './executable.ts';
import type { Instruments } from './instruments.ts';

export type { Executable, State } from './executable.ts';

/** Settings that every engine understands. */
export interface EngineOptions {
  /** Threads to compute with; defaults to the number of CPU cores. */
  readonly threads?: number;
}

export interface CompileOptions {
  /** Aborting it cancels a running compilation. */
  readonly signal?: StopSignal | undefined;
}

/** An engine that was abandoned, and why. */
export interface Replaced {
  readonly name: string;
  readonly reason: string;
}

/**
 * Compiles programs and runs them. `openEngine` returns one of the built-in engines.
 * @example
 * const engine: Engine = await openEngine('native', { threads: 4 });
 */
export interface Engine {
  /** Name, such as `native`. */
  readonly name: string;
  /** Threads that it computes with; undefined if the engine does not choose their number. */
  readonly threads?: number | undefined;
  /** A state holding `variables`, all zero until written. */
  createState(variables: readonly Variable[]): State;
  /**
   * Compiles a program over a state, which must hold all its variables. Several executables may share one state;
   * runs on one state must not overlap.
   * @throws AbortedError if the signal ends it
   */
  compile(program: Program, state: State, options?: CompileOptions): Promise<Executable>;
  /** The engine that this one replaces, if that one did not work. */
  readonly replaced?: Replaced | undefined;
  /** Clocks and measurements; undefined if the engine has none. */
  readonly instruments?: Instruments | undefined;
}
