// Names of the optimizers and the learning rates that commands use by default.
import { type OptimizerName, optimizers } from '../optim/optimizers.ts';

export type { OptimizerName };

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

export function defaultLearningRate(optimizer: OptimizerName): number {
  return optimizer.startsWith('adam') ? 0.001 : 0.01;
}

/** `0.01 for sgd, momentum, nesterov; 0.001 for adam, adamw` */
export function describeLearningRates(): string {
  const rates = [...new Set(optimizerNames.map(defaultLearningRate))];
  const names = (rate: number) => optimizerNames.filter((name) => defaultLearningRate(name) === rate);
  return rates.map((rate) => `${rate} for ${names(rate).join(', ')}`).join('; ');
}
