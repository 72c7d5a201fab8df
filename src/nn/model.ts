// A model: a network with its name, input shape, number of classes and initializer.

import { checkCount, checkObject, wrongArgument } from '../base/arguments.ts';
import type { InitName } from './initializers.ts';
import { Module } from './module.ts';

/** Value of a model option; checkpoints store it. */
export type OptionValue = string | number | boolean;

/** A network with what is needed to train and use it. */
export interface Model {
  /** Name of a built-in model, or your own. */
  readonly name: string;
  /** The options the network was built with. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Maps images `[N, C, H, W]` to logits `[N, classes]`. */
  readonly network: Module;
  /** Shape of an input image: [channels, height, width]. */
  readonly input: readonly [number, number, number];
  /** Number of outputs; 1 for binary classification with a single logit. */
  readonly classes: number;
  /** Initializer of the parameters. */
  readonly init: InitName;
}

/**
 * Defines a model with a network of your own. `init` defaults to `pytorch`, `options` to none.
 * @throws UsageError if a part is missing or has a wrong type
 * @example
 * const network = new Sequential([new Flatten(), new Linear(784, 10)]);
 * const model = defineModel({ name: 'linear', network, input: [1, 28, 28], classes: 10 });
 */
export function defineModel(
  model: Omit<Model, 'options' | 'init'> & Partial<Pick<Model, 'options' | 'init'>>,
): Model {
  const call = 'defineModel({ name, network, input, classes })';
  checkObject(call, 'its argument', model, ['name', 'network', 'input', 'classes']);
  const { name, network, input, classes } = model;
  if (typeof name !== 'string') throw wrongArgument(call, 'name', 'a string', name);
  if (!(network instanceof Module)) throw wrongArgument(call, 'network', 'a module', network);
  checkInput(call, input);
  checkCount(call, 'classes', classes);
  return { options: {}, init: 'pytorch', ...model };
}

/** @throws UsageError unless it is `[channels, height, width]` */
export function checkInput(call: string, input: unknown): void {
  if (!Array.isArray(input) || input.length !== 3) {
    throw wrongArgument(call, 'input', '[channels, height, width]', input);
  }
  for (const [i, what] of ['channels', 'height', 'width'].entries()) checkCount(call, what, input[i]);
}
