// Warnings before the first step of a run.

import type { TrainingRecord } from '../checkpoints/metadata.ts';
import { ratesOf } from '../optim/schedules.ts';
import type { RunSetup } from './setup.ts';

/** @returns a warning if an epoch has fewer batches than an update accumulates */
export function accumulationWarnings({ update: { accumulate = 1 }, stepsPerEpoch }: RunSetup): string[] {
  if (accumulate <= stepsPerEpoch) return [];
  return [
    `gradients are accumulated over ${accumulate} batches, but an epoch has ${stepsPerEpoch}: each epoch has one update.`,
  ];
}

/** @returns a warning if more epochs raise the learning rate again, as a one-cycle schedule does */
export function rateWarnings(setup: RunSetup, { recipe, step, plateau }: TrainingRecord): string[] {
  if (recipe.learningRate === null || recipe.epochs === setup.recipe.epochs) return [];
  const steps = recipe.epochs * setup.stepsPerEpoch;
  const { stepsPerEpoch } = setup;
  const schedule = recipe.schedule ?? ({ name: 'constant' } as const);
  const rates = ratesOf(schedule, recipe.learningRate, {
    steps,
    stepsPerEpoch,
  });
  const before = rates(Math.min(step, steps - 1), plateau?.reductions);
  const next = step < setup.steps ? setup.rates(step, plateau?.reductions) : 0;
  if (next <= before * (1 + 1e-6)) return [];
  return [
    `the learning rate rises from ${before.toPrecision(3)} to ${next.toPrecision(3)}: the schedule ` +
      `${schedule.name} now lasts ${setup.recipe.epochs} epochs instead of ${recipe.epochs}. To train on without ` +
      'that, start a new run from the checkpoint (--init) with a small constant rate.',
  ];
}
