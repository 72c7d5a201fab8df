// Schedules: how the learning rate changes from step to step. Plain data, which a checkpoint keeps; the rates are those of
// torch.optim.lr_scheduler, one step of the scheduler for each step of training.
import { UsageError } from '../base/errors.ts';
import { readSchedule } from './schedule-settings.ts';

/** A length of training, such as `500steps` or `2.5epochs`. */
export type Span = `${number}steps` | `${number}epochs`;

/** A schedule, which begins when the warm-up has ended. */
export type Schedule = ScheduleForm & {
  /** For so long the rate grows in a straight line up to where the schedule begins. Goyal et al. 2017. */
  readonly warmup?: Span;
};

type ScheduleForm =
  | { readonly name: 'constant' }
  | {
      readonly name: 'step';
      /** Time from one reduction to the next. */
      readonly every: Span;
      /** What the rate is multiplied with; 0.1 unless given. */
      readonly factor?: number;
    }
  | { readonly name: 'multistep'; readonly at: readonly Span[]; readonly factor?: number }
  | {
      /** Half a wave down to `end` (0 unless given) over the whole run. Loshchilov & Hutter 2017, without restarts. */
      readonly name: 'cosine';
      readonly end?: number;
    }
  | {
      /**
       * Up to the learning rate and down again, each along half a wave, over the whole run. Smith & Topin 2018. The momentum
       * is left as it is, which is PyTorch's `cycle_momentum=False`: it is a constant of the compiled step.
       */
      readonly name: 'one-cycle';
      /** Share of the run that goes up; 0.3 unless given. */
      readonly rise?: number;
      /** The first rate is the learning rate by this; 25 unless given. */
      readonly startDivisor?: number;
      /** The last rate is the first one by this; 10000 unless given. */
      readonly endDivisor?: number;
    }
  | {
      /** Reduces when validation does not help any more: torch.optim.lr_scheduler.ReduceLROnPlateau. */
      readonly name: 'plateau';
      /** Validations without a lower loss that are borne; 10 unless given. */
      readonly patience?: number;
      readonly factor?: number;
      /** Share by which a loss must be below the lowest one to count as lower; 0.0001 unless given. */
      readonly threshold?: number;
      /** Validations after a reduction that are not counted; 0 unless given. */
      readonly cooldown?: number;
      /** The rate goes no lower; 0 unless given. */
      readonly end?: number;
    };

/** A schedule with every setting filled in. */
export type FullSchedule = FilledIn<ScheduleForm> & Pick<Schedule, 'warmup'>;
type FilledIn<T> = T extends unknown ? Required<T> : never;

export type ScheduleName = Schedule['name'];

/** How long a run is. */
export interface RunLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** Learning rate of a step; `step` is the number of steps done before it, `reductions` those of a plateau so far. */
export type Rates = (step: number, reductions?: number) => number;

/**
 * The rates of a whole run.
 * @param learningRate where the schedule starts from; the highest one of a cycle
 * @throws UsageError if a setting is not valid, or the warm-up takes the whole run
 */
export function ratesOf(schedule: Schedule, learningRate: number, length: RunLength): Rates {
  const full = readSchedule(schedule);
  const { warmup = '0steps' } = full;
  const warming = stepsOf(warmup, length);
  if (warming >= length.steps) {
    throw new UsageError(
      `the warm-up of ${warmup} is ${warming} steps, but the run has ${length.steps}; choose a shorter one.`,
    );
  }
  const rates = formOf(full, learningRate, { ...length, steps: length.steps - warming });
  return (step, reductions) =>
    step < warming ? (rates(0, reductions) * (step + 1)) / warming : rates(step - warming, reductions);
}

/** A number of steps, rounded. */
function stepsOf(span: Span, { stepsPerEpoch }: RunLength): number {
  const number = Number.parseFloat(span);
  return Math.round(span.endsWith('epochs') ? number * stepsPerEpoch : number);
}

function formOf(schedule: FullSchedule, rate: number, length: RunLength): Rates {
  switch (schedule.name) {
    case 'constant':
      return () => rate;
    case 'step': {
      const every = Math.max(1, stepsOf(schedule.every, length));
      return (step) => rate * schedule.factor ** Math.floor(step / every);
    }
    case 'multistep': {
      const places = schedule.at.map((span) => stepsOf(span, length));
      return (step) => rate * schedule.factor ** places.filter((place) => place <= step).length;
    }
    case 'cosine':
      return (step) => wave(rate, schedule.end, step / length.steps);
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
  const turn = Math.max(0, rise * steps - 1); // PyTorch's, which need not be whole.
  return (step) =>
    step <= turn
      ? wave(start, peak, turn === 0 ? 1 : step / turn)
      : wave(peak, start / endDivisor, (step - turn) / (steps - 1 - turn));
}

/** From one rate to another along half a cosine wave; the other one from `share` 1 on. */
function wave(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(share, 1)))) / 2;
}
