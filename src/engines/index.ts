// The engines: one table, from which names are derived.
import { unknownName } from '../tensor/errors.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { openOnnxEngine } from './onnx/index.ts';
import { referenceEngine } from './reference/index.ts';

export const engines = {
  /** The best engine that runs on this machine. */
  auto: openOnnxEngine,
  /** ONNX Runtime: runs wherever its package does. */
  onnx: openOnnxEngine,
  /** Plain TypeScript: the readable formulas, slow. */
  reference: async () => referenceEngine,
} satisfies Record<string, (options?: EngineOptions) => Promise<Engine>>;

export type EngineName = keyof typeof engines;
export const engineNames = Object.keys(engines) as EngineName[];

/**
 * An engine, ready to compile.
 * @throws UsageError for an unknown name, EngineError if the engine does not run here
 */
export async function openEngine(name: EngineName = 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (!Object.hasOwn(engines, name)) throw unknownName('engine', name, engineNames);
  return engines[name](options);
}
