// A model: a network with what is needed to use it: its input, its classes, how it starts, and a name to find it again.
import type { InitName } from './initialise.ts';
import type { Module } from './module.ts';

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

/** A model around a network of your own. `init` is PyTorch's scheme unless given. */
export function defineModel(
  model: Omit<Model, 'options' | 'init'> & Partial<Pick<Model, 'options' | 'init'>>,
): Model {
  return { options: {}, init: 'pytorch', ...model };
}
