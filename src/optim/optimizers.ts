// The table of optimizers by name.
import { unknownName } from '../base/errors.ts';
import * as builtIn from './built-in.ts';
import type { Optimizer, OptimizerFactory } from './optimizer.ts';

export const optimizers = { ...builtIn };

export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

/**
 * The function that creates the optimizer `name`.
 * @throws UsageError for an unknown name
 */
export function findOptimizer(name: string): OptimizerFactory {
  if (!Object.hasOwn(optimizers, name)) throw unknownName('optimizer', name, Object.keys(optimizers));
  return optimizers[name as OptimizerName] as OptimizerFactory;
}

/**
 * Creates a built-in optimizer by name.
 * @throws UsageError for an unknown name or setting
 */
export function createOptimizer(name: string, settings: Readonly<Record<string, number>> = {}): Optimizer {
  return findOptimizer(name)(settings);
}
