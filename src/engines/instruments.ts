// What an engine may offer beyond running programs: profiles of kernels, the peak speed of the machine, and tuning.
import type { Origin } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Executable, State } from './executable.ts';

/** The measured limits of the machine, with which the speed of kernels is compared. */
export interface MachinePeak {
  /** Billions of additions and multiplications per second, in fused pairs, on all threads of the engine. */
  readonly gflops: number;
  /** Memory traffic of `a = b + factor * c` on large arrays, in 1e9 bytes per second, reads and writes counted once. */
  readonly gigabytesPerSecond: number;
}

/** A tensor for each input of a program, by name. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A part of a program that an engine runs as one kernel, and the time that its runs took. */
export interface KernelTime {
  /** The node of the program that it computes, the first one if several, or the tensor that it copies or reorders. */
  readonly name: string;
  /** The layer and the phase of the step that it works for. */
  readonly origin: Origin;
  /** The operators, joined by `+` where several are fused, or the engine's own name for other work. */
  readonly kind: string;
  /** The algorithm, if the engine knows several. */
  readonly method?: string;
  /** Time of all runs, as a mean over the threads. */
  readonly milliseconds: number;
  /** The part of it spent waiting for other threads. */
  readonly waitingMilliseconds: number;
  /** Floating-point operations of one run; multiply-adds count as two. */
  readonly flops: number;
  /** Bytes that one run reads and writes, each tensor counted once. */
  readonly bytes: number;
}

/** A compiled program with clocks between its kernels, which take about 0.1 microseconds each. */
export interface ProfiledExecutable extends Executable {
  /** The kernels in running order, with their times since the start or the last `clearProfile`. */
  profile(): KernelTime[];
  clearProfile(): void;
}

export interface TuneOptions {
  /** Time to spend on measuring; compiling comes before. */
  readonly seconds: number;
  /** Called with the fraction of the time that is spent. */
  readonly onProgress?: (fraction: number) => void;
}

/** The result of tuning for equal kernels of a program. */
export interface TunedKernel {
  /** As in `KernelTime`. */
  readonly names: readonly string[];
  readonly kind: string;
  /** Number of methods measured. */
  readonly methods: number;
  /** The default method. */
  readonly usual: string;
  /** The method used from now on: the default, unless another one was clearly faster. */
  readonly method: string;
  /** Milliseconds of these kernels per step with the default method; the next value is with `method`. */
  readonly usualMs: number;
  readonly milliseconds: number;
}

export interface TuneResult {
  readonly compileMs: number;
  readonly kernels: readonly TunedKernel[];
  /** The file that stores the result. */
  readonly path: string;
}

/** Measurements below the level of a step. */
export interface Instruments {
  /** As `Engine.compile`. */
  compileProfiled(program: Program, state: State): Promise<ProfiledExecutable>;
  /** Takes half a second; returns the best measurement so far. */
  measureMachine(): Promise<MachinePeak>;
  /**
   * Measures other methods for the kernels of the program, which runs on `feeds` and `state`, and stores those that are
   * clearly faster than the default. Programs compiled later on this machine for the same number of threads use them. Each
   * method adds in its own order, so the last bits of results change.
   */
  tune(program: Program, state: State, feeds: Feeds, options: TuneOptions): Promise<TuneResult>;
}
