// The engines: one table, from which names are derived.
import { note } from '../system/notices.ts';
import { EngineError, unknownName } from '../tensor/errors.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { FallbackEngine } from './fallback.ts';
import { openNativeEngine } from './native/index.ts';
import { openOnnxEngine } from './onnx/index.ts';
import { referenceEngine } from './reference/index.ts';

export type { Engine, EngineOptions, Executable, State } from './engine.ts';

export const engines = {
  /** The best engine that runs on this machine. */
  auto: openBestEngine,
  /** Generated C: needs a C compiler. */
  native: openNativeEngine,
  /** ONNX Runtime: runs wherever its package does. */
  onnx: openOnnxEngine,
  /** Plain TypeScript: the readable formulas, slow. */
  reference: async () => referenceEngine,
} satisfies Record<string, (options?: EngineOptions) => Promise<Engine>>;

export type EngineName = keyof typeof engines;
export const engineNames = Object.keys(engines) as EngineName[];

const LONGEST_NOTICE = 600;

/** Native; onnx where there is no C compiler, and from the first program on that the compiler fails at. */
async function openBestEngine(options: EngineOptions = {}): Promise<Engine> {
  const openSuccessor = (failure: EngineError): Promise<Engine> => {
    note(`the onnx engine runs in place of the native one: ${inBrief(failure)}`);
    return openOnnxEngine(options);
  };
  try {
    return new FallbackEngine(await openNativeEngine(options), openSuccessor);
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
