// Optimizers: how a weight moves along its gradient. Each is an update operator with its settings.

import { UsageError, unknownName } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import { adamUpdate } from '../ops/adam-update.ts';
import { momentumUpdate } from '../ops/momentum-update.ts';
import { sgdUpdate } from '../ops/sgd-update.ts';

/** What an update starts from: the weight, its gradient, and scalars that change from step to step. */
export interface UpdateInputs {
  readonly weight: Value;
  readonly gradient: Value;
  readonly learningRate: Value;
  /** Number of the step, from 1; asking for it makes it an input of the program. */
  readonly step: () => Value;
  /** The optimizer's own tensors for this weight, by slot. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Whether weight decay pulls at this weight. */
  readonly decays: boolean;
}

export interface Optimizer {
  readonly name: OptimizerName;
  /** What it was made with, for the record of the run. */
  readonly settings: Readonly<Record<string, number>>;
  /** Names of the tensors kept for each weight, all of the weight's shape and zero at the start. */
  readonly slots: readonly string[];
  /** Next values of the weight and of every slot. */
  update(inputs: UpdateInputs): { readonly weight: Value; readonly slots: Readonly<Record<string, Value>> };
}

export interface WeightDecay {
  /** Share of the weight that is added to its gradient (AdamW: taken off the weight, times the learning rate). */
  readonly weightDecay?: number;
}

/** w -= lr (g + weightDecay w). Robbins & Monro 1951. */
export function sgd({ weightDecay = 0 }: WeightDecay = {}): Optimizer {
  return {
    name: 'sgd',
    settings: { weightDecay },
    slots: [],
    update: ({ decays, ...inputs }) => ({
      weight: sgdUpdate(inputs, decaying({ weightDecay }, decays)),
      slots: {},
    }),
  };
}

/** v = momentum v + g; w -= lr v. Polyak 1964, in PyTorch's form. */
export function momentum({ momentum: factor = 0.9, weightDecay = 0 }: MomentumOptions = {}): Optimizer {
  return withVelocity('momentum', { momentum: factor, weightDecay });
}

/** v = momentum v + g; w -= lr (g + momentum v). Nesterov 1983; Sutskever et al. 2013, in PyTorch's form. */
export function nesterov({ momentum: factor = 0.9, weightDecay = 0 }: MomentumOptions = {}): Optimizer {
  return withVelocity('nesterov', { momentum: factor, weightDecay });
}

export type MomentumOptions = WeightDecay & {
  /** Share of the velocity that is left after a step. */
  readonly momentum?: number;
};

/** Kingma & Ba 2015; weight decay is added to the gradient. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adaptive('adam', { weightDecay: 0, ...options });
}

/** Loshchilov & Hutter 2019: Adam with the weight decay apart from the gradient (0.01 unless given, as in PyTorch). */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adaptive('adamw', { weightDecay: 0.01, ...options });
}

export type AdamOptions = WeightDecay & {
  /** Share of the running mean that is left after a step. */
  readonly beta1?: number;
  /** Share of the running mean square that is left after a step. */
  readonly beta2?: number;
  readonly epsilon?: number;
};

export const optimizers = { sgd, momentum, nesterov, adam, adamw };

export type OptimizerName = keyof typeof optimizers;

/**
 * An optimizer by its name.
 * @throws UsageError for an unknown name, or a setting that the optimizer does not have
 */
export function createOptimizer(name: string, settings: Readonly<Record<string, number>> = {}): Optimizer {
  const known = Object.keys(optimizers);
  if (!Object.hasOwn(optimizers, name)) throw unknownName('optimizer', name, known);
  const make: (settings: Readonly<Record<string, number>>) => Optimizer = optimizers[name as OptimizerName];
  const optimizer = make(settings);
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(optimizer.settings, key)) {
      throw unknownName(`setting of ${name}`, key, Object.keys(optimizer.settings));
    }
    if (!(value >= 0)) throw new UsageError(`${key} of ${name} must be a number from 0, but got ${value}.`);
  }
  return optimizer;
}

function withVelocity(
  name: 'momentum' | 'nesterov',
  settings: { readonly momentum: number; readonly weightDecay: number },
): Optimizer {
  return {
    name,
    settings,
    slots: ['velocity'],
    update({ slots, decays, ...inputs }) {
      const { weight, velocity } = momentumUpdate(
        { ...inputs, velocity: slots.velocity },
        { ...decaying(settings, decays), nesterov: name === 'nesterov' },
      );
      return { weight, slots: { velocity } };
    },
  };
}

function adaptive(
  name: 'adam' | 'adamw',
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay }: AdamOptions & { readonly weightDecay: number },
): Optimizer {
  const settings = { beta1, beta2, epsilon, weightDecay };
  return {
    name,
    settings,
    slots: ['mean', 'square'],
    update({ slots, step, decays, ...inputs }) {
      const { weight, mean, square } = adamUpdate(
        { ...inputs, step: step(), mean: slots.mean, square: slots.square },
        { ...decaying(settings, decays), decoupled: name === 'adamw' },
      );
      return { weight, slots: { mean, square } };
    },
  };
}

function decaying<T extends Required<WeightDecay>>(settings: T, decays: boolean): T {
  return decays ? settings : { ...settings, weightDecay: 0 };
}
