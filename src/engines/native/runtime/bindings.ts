// The runtime library's functions, as JavaScript calls them.
import koffi from 'koffi';
import { EngineError } from '../../../base/errors.ts';
import { buildAndLoad } from '../toolchain/build.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';
import { RUNTIME_SOURCE } from './runtime.c.ts';

/** An address in the process's memory. */
export type Address = bigint;

/** What the runtime library offers; `null` is C's null pointer, after which `error` says what failed. */
export interface Bindings {
  openPool(threads: number, cores: number, stack: number): Address | null;
  closePool(pool: Address): void;
  allocate(bytes: number): Address | null;
  free(memory: Address, bytes: number): void;
  /** Gives the pages of large memory back, but not its addresses. */
  empty(memory: Address, bytes: number): void;
  load(path: string): Address | null;
  stepOf(library: Address): Address | null;
  unload(library: Address): void;
  error(): string;
  /** One step on this thread. */
  runSync(...job: Job): void;
  /** One step on a thread of Node's pool, so that the event loop stays free. */
  run(...job: Job): Promise<void>;
}

/** ThreadPool, step function, pointer table, times `[thread][call][total, waiting]` or null, number of calls. */
export type Job = [Address, Address, Address, Address | null, number];

/** Stack of each thread of a pool, in bytes. */
export const STACK_BYTES = 1 << 20;

const loaded = new Map<string, Bindings>();

/**
 * The runtime library for a toolchain, built if it has to be.
 * @throws EngineError if it cannot be built or loaded
 */
export async function loadBindings(toolchain: Toolchain): Promise<Bindings> {
  return (await buildAndLoad({ toolchain, files: [RUNTIME_SOURCE] }, bindOnce)).loaded;
}

function bindOnce(path: string): Bindings {
  const known = loaded.get(path);
  if (known) return known;
  const bindings = bind(path);
  loaded.set(path, bindings);
  return bindings;
}

function bind(path: string): Bindings {
  enlargeStack();
  const library = openLibrary(path);
  const run = library.func('void fovea_run(void *, void *, void *, void *, int)');
  return {
    openPool: library.func('void *fovea_pool_open(int, int, double)'),
    closePool: library.func('void fovea_pool_close(void *)'),
    allocate: library.func('void *fovea_allocate(double)'),
    free: library.func('void fovea_free(void *, double)'),
    empty: library.func('void fovea_empty(void *, double)'),
    load: library.func('void *fovea_load(const char *)'),
    stepOf: library.func('void *fovea_step_of(void *)'),
    unload: library.func('void fovea_unload(void *)'),
    error: library.func('const char *fovea_error()'),
    runSync: run,
    run: (...job) =>
      new Promise((resolve, reject) => {
        run.async(...job, (error: Error | null) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Calls off the main thread get a stack of koffi's, which is small. It cannot be set once koffi has loaded anything. */
function enlargeStack(): void {
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
  } catch {
    // Kernels keep within KERNEL_STACK_BYTES, for which koffi's default is enough.
  }
}

function openLibrary(path: string) {
  try {
    return koffi.load(path);
  } catch (error) {
    throw new EngineError(
      `the native engine's runtime does not load (${(error as Error).message}); if its folder is mounted without ` +
        'permission to execute, set FOVEA_CACHE to another one.',
      { cause: error },
    );
  }
}
