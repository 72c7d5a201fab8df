// The search for the fastest ways, with a made-up machine.
import { expect, test } from 'vitest';
import { RandomStream } from '../../../tensor/random.ts';
import { findFastest, type Measure } from './search.ts';

interface Machine {
  readonly measure: Measure;
  readonly now: () => number;
  /** Ways that were run, in order. */
  readonly runs: (readonly number[])[];
}

/** A machine on which way number w of contest c takes `times[c][w]` ms, more or less, and which now and then does something else. */
function machineWith(times: readonly (readonly number[])[], noise = 0): Machine {
  const stream = new RandomStream(1, 'noise');
  const runs: (readonly number[])[] = [];
  let clock = 0;
  let draws = 0;
  return {
    runs,
    now: () => clock,
    async measure(ways) {
      runs.push([...ways]);
      const busy = stream.uniform(draws++) < 0.2 ? 1 + 4 * noise : 1;
      const taken = ways.map(
        (way, contest) => times[contest][way] * busy * (1 + noise * stream.uniform(draws++)),
      );
      clock += taken.reduce((sum, time) => sum + time, 0);
      return taken;
    },
  };
}

const search = (times: readonly (readonly number[])[], machine = machineWith(times), seconds = 1) =>
  findFastest({ ...machine, counts: times.map(({ length }) => length), seconds });

test('the fastest way of each contest is found', async () => {
  const outcomes = await search([
    [10, 12, 5],
    [3, 1, 2, 4],
    [7, 8],
  ]);
  expect(outcomes.map(({ way }) => way)).toEqual([2, 1, 0]);
  expect(outcomes[0]).toEqual({ way: 2, usualMs: 10, bestMs: 5 });
});

test('a way that is faster by less than noise does not replace the usual one', async () => {
  const [close, clear] = await search([
    [10, 9.9],
    [10, 9.6],
  ]);
  expect(close.way).toBe(0);
  expect(clear.way).toBe(1);
});

test('on a busy machine equal ways are told from faster ones', async () => {
  const times = [...Array.from({ length: 20 }, () => [5, 5, 5, 5, 5]), [5, 6, 4, 5]];
  const outcomes = await search(times, machineWith(times, 0.3), 60);
  expect(outcomes.at(-1)!.way).toBe(2);
  expect(outcomes.filter(({ way }) => way === 0).length).toBeGreaterThanOrEqual(19);
});

test('ways that are far behind are not run for long', async () => {
  const times = [[1, 1.01, 9, 9, 9]];
  const machine = machineWith(times);
  await search(times, machine);
  const runsOf = (way: number) => machine.runs.filter(([which]) => which === way).length;
  expect(runsOf(2)).toBe(2);
  expect(runsOf(1)).toBeGreaterThan(10);
});

test('the search ends soon after its time is up, and says how far it is', async () => {
  const times = [[100, 90, 110]];
  const machine = machineWith(times);
  const fractions: number[] = [];
  const onProgress = (fraction: number) => void fractions.push(fraction);
  await findFastest({ ...machine, counts: [3], seconds: 1.5, onProgress });
  expect(machine.now()).toBeLessThan(2500);
  expect(fractions.toSorted((a, b) => a - b)).toEqual(fractions);
  expect(fractions.at(-1)).toBe(1);
});

test('with nothing to choose nothing is run', async () => {
  const machine = machineWith([]);
  expect(await search([], machine)).toEqual([]);
  expect(machine.runs).toEqual([]);
});
