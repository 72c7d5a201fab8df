// The runtime: a thread pool in this process, the memory they compute in and the programs they run.
import { availableParallelism } from 'node:os';
import { EngineError } from '../../../base/errors.ts';
import { checkThreads } from '../../../system/threads.ts';
import { type BuildOptions, buildAndLoad, type LoadedLibrary } from '../toolchain/build.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';
import { type Address, type Bindings, type Job, loadBindings, STACK_BYTES } from './bindings.ts';
import { type MemoryPart, NativeMemory, PointerTable } from './memory.ts';
import { closeWhenForgotten, hold, Resource } from './resource.ts';

/** Of a call's time on one thread: nanoseconds in all, and of that at barriers. */
const SPENT_BYTES = 16;

/**
 * A thread pool: the thread that calls a run and `threads - 1` more, which sleep between runs.
 * @throws UsageError for a wrong number of threads, EngineError if the runtime library cannot be built
 */
export async function openRuntime(
  toolchain: Toolchain,
  threads: number = availableParallelism(),
): Promise<Runtime> {
  checkThreads(threads);
  return new Runtime(toolchain, threads, await loadBindings(toolchain));
}

export interface LoadOptions {
  /** Number of calls that the program marks; with it, `profile` gives their times. */
  readonly calls?: number;
  /** Whether the calling thread runs it alone, and not the whole pool. */
  readonly alone?: boolean;
}

export interface CompileOptions extends LoadOptions, Omit<BuildOptions, 'toolchain'> {}

export class Runtime {
  readonly toolchain: Toolchain;
  readonly threads: number;
  private readonly bindings: Bindings;
  private readonly pool: ThreadPool;
  /** A pool of one thread, for programs that the calling thread runs alone. */
  private readonly single: ThreadPool;
  /** Everything that goes with the runtime when it is disposed of. */
  private readonly belongings = new Set<Resource>();

  /** Use `openRuntime`. */
  constructor(toolchain: Toolchain, threads: number, bindings: Bindings) {
    this.toolchain = toolchain;
    this.threads = threads;
    this.bindings = bindings;
    this.pool = openPool(bindings, threads);
    this.single = threads === 1 ? this.pool : openPool(bindings, 1);
  }

  /** Zeros on a 64-byte border. @throws EngineError if the system has not so much memory */
  allocate(bytes: number): NativeMemory {
    this.pool.resource.check();
    const memory = new NativeMemory(this.bindings, bytes);
    this.own(memory.resource);
    return memory;
  }

  /** The buffers of a step, prepared once for many runs. */
  pointers(parts: readonly MemoryPart[]): PointerTable {
    this.pool.resource.check();
    const table = new PointerTable(this.bindings, parts);
    this.own(table.resource);
    return table;
  }

  /**
   * Loads a program that `buildLibrary` has made.
   * @throws EngineError with the system's message if it does not load
   */
  load(path: string, { calls = 0, alone = false }: LoadOptions = {}): LoadedProgram {
    this.pool.resource.check();
    const threads = alone ? 1 : this.threads;
    const times = calls > 0 ? this.allocate(threads * calls * SPENT_BYTES) : undefined;
    const clock = times && { times, calls, threads };
    const pool = alone ? this.single : this.pool;
    const program = new LoadedProgram(this.bindings, pool, path, clock);
    this.own(program.resource);
    return program;
  }

  /**
   * Builds a program and loads it.
   * @throws EngineError if it does not compile or load
   */
  async compile(options: CompileOptions): Promise<LoadedLibrary<LoadedProgram>> {
    this.pool.resource.check();
    return buildAndLoad({ ...options, toolchain: this.toolchain }, (path) => this.load(path, options));
  }

  /** Ends the threads, unloads the programs and frees the memory, after the runs that are under way. */
  dispose(): void {
    for (const belonging of this.belongings) belonging.close();
    this.single.resource.close();
    this.pool.resource.close();
  }

  private own(resource: Resource): void {
    const { belongings } = this;
    belongings.add(resource);
    resource.whenClosed(() => belongings.delete(resource));
  }
}

/** The threads; programs hold them too, so that they outlive a runtime that was merely forgotten. */
interface ThreadPool {
  readonly address: Address;
  readonly resource: Resource;
}

function openPool(bindings: Bindings, threads: number): ThreadPool {
  const address = bindings.openPool(threads, availableParallelism(), STACK_BYTES);
  if (address === null) {
    throw new EngineError(
      `could not start ${threads} threads (${bindings.error()}); ask for fewer with --threads.`,
    );
  }
  const resource = new Resource('this runtime', 'disposed of', () => bindings.closePool(address));
  const pool = { address, resource };
  closeWhenForgotten(pool, resource);
  return pool;
}

/** Where the time of a program's calls is summed up, as pairs `[thread][call][total, waiting]` of nanoseconds. */
interface Clock {
  readonly times: NativeMemory;
  readonly calls: number;
  readonly threads: number;
}

/** What a call has taken, in nanoseconds, in the mean over all threads. */
export interface CallTime {
  readonly total: number;
  /** Thereof at barriers. */
  readonly waiting: number;
}

/** A generated program in this process. */
export class LoadedProgram {
  /** Closed by `unload`. */
  readonly resource: Resource;
  private readonly bindings: Bindings;
  private readonly pool: ThreadPool;
  private readonly step: Address;
  private readonly clock: Clock | undefined;

  /** Use `Runtime.load`. */
  constructor(bindings: Bindings, pool: ThreadPool, path: string, clock: Clock | undefined) {
    const { library, step } = open(bindings, path);
    this.bindings = bindings;
    this.pool = pool;
    this.step = step;
    this.clock = clock;
    this.resource = new Resource('this program', 'unloaded', () => {
      bindings.unload(library);
      clock?.times.free();
    });
    closeWhenForgotten(this, this.resource);
  }

  /**
   * Runs the program once, on threads other than JavaScript's. Runs of one runtime follow each other.
   * @throws EngineError if the program, the runtime or a buffer is gone
   */
  async run(table: PointerTable): Promise<void> {
    const leave = this.hold(table);
    try {
      await this.bindings.run(...this.job(table));
    } finally {
      leave();
    }
  }

  /** Runs the program once and blocks JavaScript meanwhile: a few microseconds sooner for a tiny program. */
  runSync(table: PointerTable): void {
    const leave = this.hold(table);
    try {
      this.bindings.runSync(...this.job(table));
    } finally {
      leave();
    }
  }

  /** Time of each call, summed over all runs; empty unless loaded with `calls`. */
  profile(): CallTime[] {
    if (!this.clock) return [];
    const { calls, threads } = this.clock;
    const times = new Float64Array(this.clock.times.arrayBuffer());
    const mean = (at: number): number => {
      let sum = 0;
      for (let thread = 0; thread < threads; thread++) sum += times[thread * calls * 2 + at];
      return sum / threads;
    };
    return Array.from({ length: calls }, (_, call) => ({
      total: mean(call * 2),
      waiting: mean(call * 2 + 1),
    }));
  }

  /** Sets all times to zero. */
  clearProfile(): void {
    if (this.clock) new Float64Array(this.clock.times.arrayBuffer()).fill(0);
  }

  /** Gives the program's memory back, after the runs that are under way. */
  unload(): void {
    this.resource.close();
  }

  private job(table: PointerTable): Job {
    const { times, calls = 0 } = this.clock ?? {};
    return [this.pool.address, this.step, table.address, times?.address ?? null, calls];
  }

  private hold(table: PointerTable): () => void {
    return hold([this.pool.resource, this.resource, ...table.resources]);
  }
}

function open(bindings: Bindings, path: string): { library: Address; step: Address } {
  const library = bindings.load(path);
  const step = library && bindings.stepOf(library);
  if (library && step) return { library, step };
  const reason = bindings.error();
  if (library) bindings.unload(library);
  throw new EngineError(
    `the compiled program does not load (${reason}); if its folder is mounted without permission to execute, set ` +
      'FOVEA_CACHE to another one.',
  );
}
