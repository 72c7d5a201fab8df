// Defaults of the optimizers in words, for help texts.
import { type OptimizerName, optimizerNames, optimizers } from '../optim/optimizers.ts';

/** `0.01 for sgd, momentum; 0.001 for adam, adamw` */
export function describeLearningRates(): string {
  return describeDefaults((name) => optimizers[name].declaration.learningRate);
}

/** `0.9 for momentum, nesterov; 0 for rmsprop`, of the optimizers that have the setting. */
export function describeSettingDefaults(setting: string): string {
  return describeDefaults((name) => {
    const settings: Readonly<Record<string, { default: number }>> = optimizers[name].declaration.settings;
    return settings[setting]?.default;
  });
}

function describeDefaults(defaultOf: (name: OptimizerName) => number | undefined): string {
  const values = new Set(optimizerNames.map(defaultOf).filter((value) => value !== undefined));
  const namesOf = (value: number) => optimizerNames.filter((name) => defaultOf(name) === value);
  return [...values].map((value) => `${value} for ${namesOf(value).join(', ')}`).join('; ');
}
