// Statistics of small samples against SciPy (scripts/witness/samples.py).
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sampleStatistics, signTest, studentQuantile, studentTest } from './index.ts';

interface Witness {
  readonly quantiles: readonly { share: number; freedom: number; t: number }[];
  readonly samples: readonly {
    values: number[];
    std: number;
    interval: [number, number];
    student: number;
    sign: number;
  }[];
}

const url = new URL('../../test/witness/samples.json', import.meta.url);
const { quantiles, samples } = JSON.parse(readFileSync(url, 'utf8')) as Witness;

test.each(quantiles)(
  "$share of Student's t with $freedom degrees lies within $t",
  ({ share, freedom, t }) => {
    expect(studentQuantile(share, freedom) / t).toBeCloseTo(1, 9);
  },
);

test.each(samples)(
  "$values have SciPy's interval and p values",
  ({ values, std, interval, student, sign }) => {
    const spread = sampleStatistics(values);
    expect(spread.std).toBeCloseTo(std, 12);
    expect(spread.interval![0]).toBeCloseTo(interval[0], 9);
    expect(spread.interval![1]).toBeCloseTo(interval[1], 9);
    expect(studentTest(spread)).toBeCloseTo(student, 9);
    expect(signTest(values)).toBeCloseTo(sign, 12);
  },
);

test('a single value has neither standard deviation nor interval', () => {
  const spread = sampleStatistics([0.9]);
  expect(spread).toEqual({ count: 1, mean: 0.9, min: 0.9, max: 0.9 });
  expect(studentTest(spread)).toBeUndefined();
});

test('equal values have an interval of width 0', () => {
  expect(studentTest(sampleStatistics([0, 0]))).toBe(1);
  expect(studentTest(sampleStatistics([0.5, 0.5]))).toBe(0);
  expect(signTest([0, 0])).toBe(1);
});
