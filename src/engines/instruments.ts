// What an engine may offer beyond running programs: clocks in its kernels, and what the machine can do at most.
import type { Origin } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Executable, State } from './executable.ts';

/** What the machine can do at most: the yardstick for the speed of kernels. */
export interface MachinePeak {
  /** Billions of additions and multiplications per second, in fused pairs, on all threads of the engine. */
  readonly gflops: number;
  /** Memory traffic of `a = b + factor * c` on large arrays, in 1e9 bytes per second, reads and writes counted once. */
  readonly gigabytesPerSecond: number;
}

/** A tensor for each input of a program, by name. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A part of a program that an engine runs as one call, and the time that its runs took. */
export interface KernelTime {
  /** The node of the program that it computes, the first one if several, or the tensor that it copies or reorders. */
  readonly name: string;
  /** The layer and the part of the step that it works for. */
  readonly origin: Origin;
  /** The operators, joined by `+` where several are fused, or the engine's own word for work that is no operator's. */
  readonly kind: string;
  /** Which way it is computed, where the engine knows several. */
  readonly method?: string;
  /** Of all runs together, in the mean over the threads. */
  readonly milliseconds: number;
  /** Of that, waiting for other threads. */
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
  /** Receives the fraction of the time that is spent. */
  readonly onProgress?: (fraction: number) => void;
}

/** What tuning found for some kernels of a program that have everything in common. */
export interface TunedKernel {
  /** As in `KernelTime`. */
  readonly names: readonly string[];
  readonly kind: string;
  /** How many methods were measured. */
  readonly methods: number;
  /** What the rules of thumb say. */
  readonly usual: string;
  /** What is compiled from now on: the usual one, if none was clearly faster. */
  readonly method: string;
  /** Time of one step's kernels by the usual method, and by the one that is compiled from now on. */
  readonly usualMs: number;
  readonly milliseconds: number;
}

export interface TuneResult {
  readonly compileMs: number;
  readonly kernels: readonly TunedKernel[];
  /** The file in which it is remembered. */
  readonly path: string;
}

/** Measurements below the level of a step. */
export interface Instruments {
  /** As `Engine.compile`. */
  compileProfiled(program: Program, state: State): Promise<ProfiledExecutable>;
  /** Takes half a second; the best measurement so far counts. */
  measureMachine(): Promise<MachinePeak>;
  /**
   * Measures other ways to compute the program's kernels, running it on `feeds` and `state`, and remembers what is clearly
   * faster than usual: whatever is compiled later on this machine for as many threads is made that way. The sums of a
   * method are added up in an order of its own, so that results change in their last bits.
   */
  tune(program: Program, state: State, feeds: Feeds, options: TuneOptions): Promise<TuneResult>;
}
