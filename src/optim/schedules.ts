// Learning rates of the schedules, step by step, as in torch.optim.lr_scheduler with one scheduler step per training step.
import { UsageError } from '../base/errors.ts';
import { type FullSchedule, readSchedule, type Schedule, type Span } from './schedule-settings.ts';

/** Length of a run. */
export interface RunLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** Learning rate of a step; `step` counts the steps done before it, `reductions` those of a plateau schedule so far. */
export type Rates = (step: number, reductions?: number) => number;

/**
 * The learning rates of a run.
 * @param learningRate initial rate of the schedule; the peak of a one-cycle schedule
 * @throws UsageError if a setting is not valid, or the warm-up takes the whole run
 */
export function ratesOf(schedule: Schedule, learningRate: number, length: RunLength): Rates {
  const full = readSchedule(schedule);
  const { warmup = '0steps' } = full;
  const warmupSteps = countSteps(warmup, length);
  if (warmupSteps >= length.steps) {
    throw new UsageError(
      `the warm-up of ${warmup} is ${warmupSteps} steps, but the run has ${length.steps}; choose a shorter warm-up.`,
    );
  }
  const rates = ratesAfterWarmup(full, learningRate, { ...length, steps: length.steps - warmupSteps });
  return (step, reductions) =>
    step < warmupSteps
      ? (rates(0, reductions) * (step + 1)) / warmupSteps
      : rates(step - warmupSteps, reductions);
}

/** Rounded to whole steps. */
function countSteps(span: Span, { stepsPerEpoch }: RunLength): number {
  const number = Number.parseFloat(span);
  return Math.round(span.endsWith('epochs') ? number * stepsPerEpoch : number);
}

function ratesAfterWarmup(schedule: FullSchedule, rate: number, length: RunLength): Rates {
  switch (schedule.name) {
    case 'constant':
      return () => rate;
    case 'step': {
      const every = Math.max(1, countSteps(schedule.every, length));
      return (step) => rate * schedule.factor ** Math.floor(step / every);
    }
    case 'multistep': {
      const milestones = schedule.at.map((span) => countSteps(span, length));
      return (step) => rate * schedule.factor ** milestones.filter((milestone) => milestone <= step).length;
    }
    case 'cosine':
      return (step) => cosine(rate, schedule.end, step / length.steps);
    case 'one-cycle':
      return oneCycle(schedule, rate, length);
    case 'plateau':
      return (_, reductions = 0) => Math.max(rate * schedule.factor ** reductions, schedule.end);
  }
}

function oneCycle(
  { rise, startDivisor, endDivisor }: Extract<FullSchedule, { name: 'one-cycle' }>,
  peak: number,
  { steps }: RunLength,
): Rates {
  const start = peak / startDivisor;
  const turn = Math.max(0, rise * steps - 1); // As in PyTorch; need not be an integer.
  return (step) =>
    step <= turn
      ? cosine(start, peak, turn === 0 ? 1 : step / turn)
      : cosine(peak, start / endDivisor, (step - turn) / (steps - 1 - turn));
}

/** Cosine decay from one rate to another; `progress` is 1 at the end and may exceed it. */
function cosine(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(progress, 1)))) / 2;
}
