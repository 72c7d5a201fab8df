// The learning rate schedules with their settings: types, defaults, checks, and how a command line writes them. Plain data,
// stored in checkpoints.
import { checkText } from '../base/arguments.ts';
import { UsageError, unknownName } from '../base/errors.ts';
import { accepts, describeKind, type Kind, type ValueOf } from '../base/option.ts';

/** A length of training, such as `500steps` or `2.5epochs`. */
export type Span = `${number}steps` | `${number}epochs`;

export interface Setting {
  readonly kind: Kind | { readonly type: 'span' } | { readonly type: 'spans' };
  readonly help: string;
  readonly default?: number;
}

const fraction = { type: 'number', above: 0, below: 1 } as const;
const count = { type: 'integer', min: 0 } as const;
const rate = { type: 'number', min: 0 } as const;
const divisor = { type: 'number', min: 1 } as const;

const factor = { kind: fraction, help: 'factor of each reduction', default: 0.1 } as const;

export const schedules = {
  constant: {},
  step: {
    /** Time between reductions. */
    every: { kind: { type: 'span' }, help: 'time between reductions' },
    /** Factor of each reduction (default: 0.1). */
    factor,
  },
  multistep: {
    /** When to reduce the rate. */
    at: { kind: { type: 'spans' }, help: 'when to reduce, such as 30epochs+60epochs' },
    /** Factor of each reduction (default: 0.1). */
    factor,
  },
  /** Cosine decay over the whole run. Loshchilov & Hutter 2017, without restarts. */
  cosine: {
    /** Final rate (default: 0). */
    end: { kind: rate, help: 'final rate', default: 0 },
  },
  /**
   * Up to the learning rate and down again, both by cosine, over the whole run. Smith & Topin 2018. The momentum is constant:
   * PyTorch's `cycle_momentum=False`.
   */
  'one-cycle': {
    /** Fraction of the run with a rising rate (default: 0.3). */
    rise: { kind: fraction, help: 'fraction of the run with a rising rate', default: 0.3 },
    /** Peak rate divided by the initial rate (default: 25). */
    startDivisor: { kind: divisor, help: 'initial rate: --lr divided by this', default: 25 },
    /** Initial rate divided by the final rate (default: 10,000). */
    endDivisor: { kind: divisor, help: 'final rate: initial rate divided by this', default: 10_000 },
  },
  /** Reduces the rate when the validation loss stops falling: torch.optim.lr_scheduler.ReduceLROnPlateau. */
  plateau: {
    /** Evaluations without a lower loss before a reduction (default: 10). */
    patience: { kind: count, help: 'evaluations without a lower loss to wait', default: 10 },
    /** Factor of each reduction (default: 0.1). */
    factor,
    /** Relative improvement that counts as a lower loss (default: 0.0001). */
    threshold: { kind: fraction, help: 'relative improvement of the loss that counts', default: 1e-4 },
    /** Evaluations to ignore after a reduction (default: 0). */
    cooldown: { kind: count, help: 'evaluations to ignore after a reduction', default: 0 },
    /** Minimum rate (default: 0). */
    end: { kind: rate, help: 'minimum rate', default: 0 },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Setting>>>>;

export type ScheduleName = keyof typeof schedules;

type Value<S extends Setting> = S['kind'] extends infer K
  ? K extends Kind
    ? ValueOf<K>
    : K extends { type: 'span' }
      ? Span
      : readonly Span[]
  : never;
type Defaulted<T> = { [K in keyof T]: T[K] extends { readonly default: number } ? K : never }[keyof T];
type Filled<Name extends ScheduleName> = { readonly name: Name } & {
  readonly [K in keyof (typeof schedules)[Name]]: Value<Extract<(typeof schedules)[Name][K], Setting>>;
};
type Given<Name extends ScheduleName> = Omit<Filled<Name>, Defaulted<(typeof schedules)[Name]>> & {
  readonly [K in Defaulted<(typeof schedules)[Name]>]?: number;
};

interface Warmup {
  /** Linear warm-up from 0 to the initial rate of the schedule, which starts after it. Goyal et al. 2017. */
  readonly warmup?: Span;
}

/** A schedule by name with its settings; those with defaults are optional. */
export type Schedule = { [Name in ScheduleName]: Given<Name> }[ScheduleName] & Warmup;
/** A schedule with every setting filled in. */
export type FullSchedule = { [Name in ScheduleName]: Filled<Name> & Warmup }[ScheduleName];

/**
 * Reads a schedule of unknown origin, and fills in its defaults.
 * @throws UsageError for an unknown name or setting, or a value that is not valid
 */
export function readSchedule(json: unknown): FullSchedule {
  const { name, warmup, ...given } = Object(json) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !Object.hasOwn(schedules, name)) {
    throw unknownName('schedule', String(name), Object.keys(schedules));
  }
  const settings: Readonly<Record<string, Setting>> = schedules[name as ScheduleName];
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(settings, key));
  if (unknown !== undefined) {
    throw unknownName(`setting of the schedule ${name}`, unknown, [...Object.keys(settings), 'warmup']);
  }
  const values = Object.entries(settings).map(
    ([key, setting]) => [key, readSetting(name, key, setting.kind, given[key] ?? setting.default)] as const,
  );
  return {
    name,
    ...Object.fromEntries(values),
    ...(warmup !== undefined && { warmup: readSetting(name, 'warmup', { type: 'span' }, warmup) }),
  } as FullSchedule; // Every setting of the table was read by its kind.
}

function readSetting(schedule: string, key: string, kind: Setting['kind'], given: unknown): unknown {
  const value = readValue(kind, given);
  if (value !== undefined) return value;
  const expected = { span: 'a time such as 500steps or 5epochs', spans: 'times such as 30epochs+60epochs' };
  throw new UsageError(
    `${key} of the schedule ${schedule} must be ` +
      `${kind.type === 'span' || kind.type === 'spans' ? expected[kind.type] : describeKind(kind)}, ` +
      `got ${given === undefined ? 'nothing' : JSON.stringify(given)}.`,
  );
}

/** Undefined for a value that is not valid. */
function readValue(kind: Setting['kind'], value: unknown): unknown {
  if (kind.type === 'span') return readSpan(value);
  if (kind.type === 'spans') return readSpans(value);
  return accepts(kind, value) ? value : undefined;
}

function readSpans(value: unknown): readonly Span[] | undefined {
  const texts: unknown = typeof value === 'string' ? value.split('+') : value;
  const spans = Array.isArray(texts) ? texts.map(readSpan) : [];
  return spans.length > 0 && spans.every((span) => span !== undefined) ? spans : undefined;
}

/** `1epoch` and `1 epochs` are read as `1epochs`. */
function readSpan(value: unknown): Span | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(step|epoch)s?$/.exec(String(value)) ?? [];
  return number === undefined ? undefined : (`${Number(number)}${unit}s` as Span);
}

const EXAMPLE = 'write it as step,every=30epochs,factor=0.1';

/**
 * Reads a schedule as the command line writes it: its name, then settings.
 * @param warmup length of the linear warm-up, `500steps` or `5epochs` (default: none)
 * @throws UsageError that says what is wrong and what was expected
 * @example
 * parseSchedule('multistep,at=30epochs+60epochs', '500steps')
 */
export function parseSchedule(text: string, warmup?: string): Schedule {
  checkText('parseSchedule(text, warmup?)', 'text', text);
  const [name = '', ...entries] = text.split(',').map((entry) => entry.trim());
  const settings = entries.map((entry): [string, unknown] => {
    const [key = '', value = '', ...rest] = entry.split('=').map((part) => part.trim());
    const number = Number(value);
    if (key !== '' && value !== '' && rest.length === 0) return [key, Number.isNaN(number) ? value : number];
    throw new UsageError(`the schedule "${text}" has "${entry}" where a setting was expected; ${EXAMPLE}.`);
  });
  const repeated = settings.find(([key], i) => settings.findIndex(([other]) => other === key) < i);
  if (repeated) throw new UsageError(`the schedule "${text}" has ${repeated[0]} twice; ${EXAMPLE}.`);
  return readSchedule({ name, ...(warmup !== undefined && { warmup }), ...Object.fromEntries(settings) });
}
