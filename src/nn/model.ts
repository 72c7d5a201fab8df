// A model: a network with what is needed to use it: its input, its classes, how it starts, and a name to find it again.

import { checkCount, checkObject, wrongArgument } from '../base/arguments.ts';
import type { InitName } from './initializers.ts';
import { Module } from './module.ts';

/** Values that a model's options may have; they are stored in checkpoints. */
export type OptionValue = string | number | boolean;

export interface Model {
  /** Name in the zoo, or your own. */
  readonly name: string;
  /** The options the network was built with. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly network: Module;
  /** Channels, height and width of the images it takes. */
  readonly input: readonly [number, number, number];
  /** Number of outputs. */
  readonly classes: number;
  /** Scheme of the starting values. */
  readonly init: InitName;
}

/**
 * A model around a network of your own. `init` is PyTorch's scheme unless given.
 * @throws UsageError if a part of it is missing, or not what it has to be
 */
export function defineModel(
  model: Omit<Model, 'options' | 'init'> & Partial<Pick<Model, 'options' | 'init'>>,
): Model {
  const call = 'defineModel({ name, network, input, classes })';
  checkObject(call, 'its argument', model, ['name', 'network', 'input', 'classes']);
  const { name, network, input, classes } = model;
  if (typeof name !== 'string') throw wrongArgument(call, 'name', 'a text', name);
  if (!(network instanceof Module)) throw wrongArgument(call, 'network', 'a module', network);
  checkInput(call, input);
  checkCount(call, 'classes', classes);
  return { options: {}, init: 'pytorch', ...model };
}

/** @throws UsageError unless it is `[channels, height, width]` */
export function checkInput(call: string, input: unknown): void {
  if (!Array.isArray(input) || input.length !== 3) {
    throw wrongArgument(call, 'input', 'the sizes [channels, height, width]', input);
  }
  for (const [i, what] of ['channels', 'height', 'width'].entries()) checkCount(call, what, input[i]);
}
