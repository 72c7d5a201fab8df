// The native engine: the whole step as generated C, compiled by the machine's compiler and run by a thread pool.
import type { Engine, EngineOptions } from '../engine.ts';
import { compileProgram, type Machinery } from './compile.ts';
import type { Target } from './compiler/kernel.ts';
import { NativeExecutable } from './executable.ts';
import { measureMachine } from './machine.ts';
import { ProfiledNativeExecutable } from './profile.ts';
import { openRuntime, type Runtime } from './runtime/runtime.ts';
import { NativeState } from './state.ts';
import { findToolchain } from './toolchain/toolchain.ts';
import { tuneProgram } from './tuning/run.ts';

/**
 * The engine that runs generated C.
 * @throws EngineError if there is no C compiler, or it fails
 */
export async function openNativeEngine({ threads }: EngineOptions = {}): Promise<Engine> {
  return nativeEngine(await openRuntime(await findToolchain(), threads));
}

/**
 * Operations and numbers up to which a program is short: some 50 microseconds for one thread, about what it costs to wake the
 * others, to wait for them after every call, and to come back to JavaScript's thread.
 */
const SHORT_WORK = 4e6;

/**
 * The engine on a runtime, for the target of the runtime's toolchain.
 * @param shortWork work below which JavaScript's own thread runs a program
 */
export function nativeEngine(runtime: Runtime, shortWork = SHORT_WORK): Engine {
  const { lanes, registers } = runtime.toolchain.vector;
  const target: Target = { lanes, registers, threads: runtime.threads };
  const machinery: Machinery = { runtime, target, shortWork };
  return {
    name: 'native',
    threads: runtime.threads,
    createState: (variables) => new NativeState(runtime, lanes, variables),
    compile: async (program, state, { signal } = {}) =>
      new NativeExecutable(await compileProgram(machinery, program, state, { signal })),
    instruments: {
      compileProfiled: async (program, state) =>
        new ProfiledNativeExecutable(await compileProgram(machinery, program, state, { profile: true })),
      measureMachine: () => measureMachine(runtime),
      tune: (program, state, feeds, options) => tuneProgram(machinery, program, state, feeds, options),
    },
  };
}
