// Tests of schedules against PyTorch's, which scripts/witness/schedules.py stores.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { UsageError } from '../base/errors.ts';
import { nextPlateau, type PlateauState } from './plateau.ts';
import { parseSchedule, readSchedule, type Schedule } from './schedule-settings.ts';
import { ratesOf } from './schedules.ts';

interface Witness {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
  readonly rates: Readonly<Record<string, readonly number[]>>;
  readonly losses: readonly number[];
  readonly plateaus: Readonly<Record<string, readonly number[]>>;
}

const path = new URL('../../test/witness/schedules.json', import.meta.url);
const witness = JSON.parse(readFileSync(path, 'utf8')) as Witness;
const { learningRate, losses } = witness;

/** The largest relative difference. */
function difference(ours: readonly number[], theirs: readonly number[]): number {
  expect(ours).toHaveLength(theirs.length);
  return Math.max(...ours.map((rate, i) => Math.abs(rate - theirs[i]) / Math.max(theirs[i], 1e-12)));
}

test.each(Object.entries(witness.rates))('%s has the rates of PyTorch', (text, expected) => {
  const [schedule, warmup] = text.split(' ') as [string, string?];
  const rates = ratesOf(parseSchedule(schedule, warmup), learningRate, witness);
  // PyTorch multiplies the rate of the step before, so that it rounds otherwise.
  expect(
    difference(
      expected.map((_, step) => rates(step)),
      expected,
    ),
  ).toBeLessThan(1e-10);
});

test.each(Object.entries(witness.plateaus))('%s reduces when PyTorch does', (text, expected) => {
  const schedule = readSchedule(parseSchedule(text));
  if (schedule.name !== 'plateau') throw new Error(`${schedule.name} is not plateau`);
  const rates = ratesOf(schedule, learningRate, witness);
  let state: PlateauState | undefined;
  const ours = losses.map((loss) => {
    state = nextPlateau(schedule, state, loss);
    return rates(0, state.reductions);
  });
  expect(new Set(expected).size).toBeGreaterThan(2);
  expect(difference(ours, expected)).toBeLessThan(1e-10);
});

test('a run that is longer than planned stays at the last rate', () => {
  const rates = ratesOf({ name: 'cosine', end: 0.1 }, 1, { steps: 10, stepsPerEpoch: 5 });
  expect([rates(10), rates(25)]).toEqual([0.1, 0.1]);
  const cycle = ratesOf({ name: 'one-cycle' }, 1, { steps: 2, stepsPerEpoch: 1 });
  expect([cycle(0), cycle(1), cycle(7)]).toEqual([1, 1 / 25 / 1e4, 1 / 25 / 1e4]);
});

test('what a command line or a file says of a schedule is read back as it was', () => {
  const schedule = parseSchedule('multistep,at=3epochs+40steps', '1 epoch');
  expect(schedule).toEqual({
    name: 'multistep',
    at: ['3epochs', '40steps'],
    factor: 0.1,
    warmup: '1epochs',
  });
  expect(readSchedule(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
});

test.each<[string, string]>([
  ['cosin', 'unknown schedule "cosin". Did you mean "cosine"?'],
  ['cosine,end=-1', 'end of the schedule cosine must be a non-negative number, got -1.'],
  ['step', 'every of the schedule step must be a time such as 500steps or 5epochs, got nothing.'],
  ['step,every=5', 'every of the schedule step must be a time such as 500steps or 5epochs, got 5.'],
  [
    'multistep,at=5epochs+x',
    'at of the schedule multistep must be times such as 30epochs+60epochs, got "5epochs+x"',
  ],
  ['step,every=1epochs,factr=0.5', 'unknown setting of the schedule step "factr". Did you mean "factor"?'],
  ['step,every=1epochs,every=2epochs', 'has every twice'],
  ['one-cycle,rise', 'has "rise" where a setting was expected; write it as'],
  ['one-cycle,rise=1', 'rise of the schedule one-cycle must be a number between 0 and 1, got 1.'],
  ['plateau,patience=1.5', 'patience of the schedule plateau must be a non-negative integer, got 1.5.'],
])('%s is refused', (text, message) => {
  expect(() => parseSchedule(text)).toThrow(UsageError);
  expect(() => parseSchedule(text)).toThrow(message);
});

test('a warm-up that takes the whole run is refused', () => {
  const schedule: Schedule = { name: 'cosine', warmup: '2epochs' };
  expect(() => ratesOf(schedule, 1, { steps: 10, stepsPerEpoch: 5 })).toThrow(
    'the warm-up of 2epochs is 10 steps, but the run has 10; choose a shorter warm-up.',
  );
  expect(() => parseSchedule('cosine', '2 hours')).toThrow(
    'warmup of the schedule cosine must be a time such as 500steps or 5epochs, got "2 hours".',
  );
});
