// The engines: one table, from which names are derived. An engine's modules are loaded when it is opened.

import { EngineError, unknownName } from '../base/errors.ts';
import { note } from '../system/notices.ts';
import { describeMissingPackage } from '../system/packages.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { FallbackEngine } from './fallback.ts';

export type { Engine, EngineOptions } from './engine.ts';
export type { Executable, State } from './executable.ts';

export const engines = {
  /** The best engine that runs on this machine. */
  auto: openBestEngine,
  /** Generated C: needs a C compiler and the package koffi. */
  native: async (options?: EngineOptions) => {
    await import('koffi').catch(koffiMissing);
    return (await import('./native/index.ts')).openNativeEngine(options);
  },
  /** ONNX Runtime: its native package, or its WebAssembly build, which runs everywhere. */
  onnx: async (options?: EngineOptions) => (await import('./onnx/index.ts')).openOnnxEngine(options),
  /** Plain TypeScript: the readable formulas, slow. */
  reference: async () => (await import('./reference/index.ts')).referenceEngine,
} satisfies Record<string, (options?: EngineOptions) => Promise<Engine>>;

/** Name of a built-in engine; `auto` is the fastest that runs here. */
export type EngineName = keyof typeof engines;
export const engineNames = Object.keys(engines) as EngineName[];

const LONGEST_NOTICE = 600;

function koffiMissing(cause: unknown): never {
  throw new EngineError(describeMissingPackage('koffi', 'the native engine', cause), { cause });
}

/** Native; onnx where there is no C compiler, and from the first program on that the compiler fails at. */
async function openBestEngine(options: EngineOptions = {}): Promise<Engine> {
  const openSuccessor = (failure: EngineError): Promise<Engine> => {
    note(`the onnx engine runs in place of the native one: ${inBrief(failure)}`);
    return engines.onnx(options);
  };
  try {
    return new FallbackEngine(await engines.native(options), openSuccessor);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const successor = await openSuccessor(error);
    return { ...successor, replaced: { name: 'native', reason: inBrief(error) } };
  }
}

function inBrief({ message }: Error): string {
  return message.replace(/\s+/g, ' ').slice(0, LONGEST_NOTICE);
}

/** Engines that are open: a process shares one for each setting, and with it its threads. */
const open = new Map<string, Promise<Engine>>();

/**
 * An engine, ready to compile. Asking again for the same gives the same.
 * @throws UsageError for an unknown name, EngineError if the engine does not run here
 */
export function openEngine(name: EngineName = 'auto', options: EngineOptions = {}): Promise<Engine> {
  const key = JSON.stringify([name, options]);
  const opened = open.get(key) ?? openAnew(name, options);
  open.set(key, opened);
  opened.catch(() => open.delete(key));
  return opened;
}

async function openAnew(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (!Object.hasOwn(engines, name)) throw unknownName('engine', name, engineNames);
  return engines[name](options);
}
