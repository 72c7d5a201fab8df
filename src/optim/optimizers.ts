// The table of optimizers.
import { unknownName } from '../base/errors.ts';
import { adagrad } from './adagrad.ts';
import { adam, adamw } from './adam.ts';
import { lamb } from './lamb.ts';
import { lion } from './lion.ts';
import { momentum, nesterov } from './momentum.ts';
import type { Optimizer, OptimizerFactory } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizers = { sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad, lion, lamb };

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
