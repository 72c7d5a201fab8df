// The settings of schedules: their usual values, how they are checked, and how a command line writes them.
import { checkText } from '../base/arguments.ts';
import { UsageError, unknownName } from '../base/errors.ts';
import type { FullSchedule, Schedule, ScheduleName, Span } from './schedules.ts';

interface Setting {
  readonly kind: Kind;
  readonly meaning: string;
  /** Left out where there is no usual value. */
  readonly fallback?: number;
}

/** What a setting may be; `read` gives undefined for what it may not. */
interface KindRule {
  readonly expected: string;
  read(value: unknown): unknown;
}

const number = (expected: string, fits: (value: number) => boolean): KindRule => ({
  expected,
  read: (value) => (typeof value === 'number' && fits(value) ? value : undefined),
});

const kinds = {
  share: number('a number above 0, below 1', (value) => value > 0 && value < 1),
  rate: number('a number from 0', (value) => value >= 0 && value < Infinity),
  divisor: number('a number from 1', (value) => value >= 1 && value < Infinity),
  count: number('a whole number from 0', (value) => Number.isSafeInteger(value) && value >= 0),
  span: { expected: 'a time such as 500steps or 5epochs', read: readSpan },
  spans: {
    expected: 'times such as 30epochs+60epochs',
    read: (value) => {
      const texts = typeof value === 'string' ? value.split('+') : value;
      const spans = Array.isArray(texts) ? texts.map(readSpan) : [];
      return spans.length > 0 && !spans.includes(undefined) ? spans : undefined;
    },
  },
} satisfies Record<string, KindRule>;

type Kind = keyof typeof kinds;

const factor: Setting = { kind: 'share', meaning: 'what the rate is multiplied with', fallback: 0.1 };

/** Every schedule with its settings. */
export const schedules: Readonly<Record<ScheduleName, Readonly<Record<string, Setting>>>> = {
  constant: {},
  step: { every: { kind: 'span', meaning: 'time from one reduction to the next' }, factor },
  multistep: { at: { kind: 'spans', meaning: 'when to reduce, such as 30epochs+60epochs' }, factor },
  cosine: { end: { kind: 'rate', meaning: 'last rate', fallback: 0 } },
  'one-cycle': {
    rise: { kind: 'share', meaning: 'share of the run that goes up to --lr', fallback: 0.3 },
    startDivisor: { kind: 'divisor', meaning: 'the first rate is --lr by this', fallback: 25 },
    endDivisor: { kind: 'divisor', meaning: 'the last rate is the first by this', fallback: 10_000 },
  },
  plateau: {
    patience: { kind: 'count', meaning: 'validations without a lower loss that are borne', fallback: 10 },
    factor,
    threshold: { kind: 'share', meaning: 'share by which a loss must be lower to count', fallback: 1e-4 },
    cooldown: { kind: 'count', meaning: 'validations after a reduction that are not counted', fallback: 0 },
    end: { kind: 'rate', meaning: 'the rate goes no lower', fallback: 0 },
  },
};

/**
 * A schedule from JSON that may come from anywhere, with every setting filled in.
 * @throws UsageError for an unknown name or setting, or a value that it cannot have
 */
export function readSchedule(json: unknown): FullSchedule {
  const { name, warmup, ...given } = Object(json) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !Object.hasOwn(schedules, name)) {
    throw unknownName('schedule', String(name), Object.keys(schedules));
  }
  const settings = schedules[name as ScheduleName];
  const stranger = Object.keys(given).find((key) => !Object.hasOwn(settings, key));
  if (stranger !== undefined) {
    throw unknownName(`setting of the schedule ${name}`, stranger, [...Object.keys(settings), 'warmup']);
  }
  const read = Object.entries(settings).map(
    ([key, setting]) => [key, readSetting(name, key, setting, given[key])] as const,
  );
  return {
    name,
    ...Object.fromEntries(read),
    ...(warmup !== undefined && { warmup: readSetting(name, 'warmup', { kind: 'span' }, warmup) }),
  } as FullSchedule; // Every setting of the table was read by its kind.
}

function readSetting(
  schedule: string,
  key: string,
  { kind, fallback }: Pick<Setting, 'kind' | 'fallback'>,
  given: unknown,
): unknown {
  const { expected, read } = kinds[kind];
  const value = read(given ?? fallback);
  if (value !== undefined) return value;
  const text = given === undefined ? 'missing' : JSON.stringify(given);
  throw new UsageError(`${key} of the schedule ${schedule} is ${text}; expected ${expected}.`);
}

/** `1epoch` and `1 epochs` are `1epochs`. */
function readSpan(value: unknown): Span | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(step|epoch)s?$/.exec(String(value)) ?? [];
  return number === undefined ? undefined : (`${Number(number)}${unit}s` as Span);
}

const EXAMPLE = 'write it as step,every=30epochs,factor=0.1';

/**
 * Reads `one-cycle,rise=0.3` or `multistep,at=30epochs+60epochs`: the name of a schedule, then its settings.
 * @param warmup how long the rate grows first, `500steps` or `5epochs`
 * @throws UsageError that says what is wrong and what was expected
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
