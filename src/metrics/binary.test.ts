// The ROC curve, its area and the calibration, by hand and against reference values of scripts/witness/metrics.py.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CalibrationCounter, type RocPoint, rocAuc, rocAucInterval, rocCurve } from './index.ts';

interface Case {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  /** False and true positive rates. */
  readonly curve: readonly (readonly [number, number])[];
  readonly area: number;
  readonly interval: readonly [number, number];
  readonly calibrationError: number;
}

const witness = JSON.parse(
  readFileSync(new URL('../../test/witness/metrics.json', import.meta.url), 'utf8'),
) as {
  readonly cases: readonly Case[];
  /** Area, images of the two classes, bounds. */
  readonly perfect: readonly (readonly [number, number, number, number, number])[];
};

/** Whether a point lies on one of the straight lines between the corners. */
function isOn(corners: readonly RocPoint[], [x, y]: readonly [number, number]): boolean {
  return corners.slice(1).some((end, i) => {
    const start = corners[i];
    const [width, height] = [
      end.falsePositiveRate - start.falsePositiveRate,
      end.truePositiveRate - start.truePositiveRate,
    ];
    const within = x >= start.falsePositiveRate - 1e-12 && x <= end.falsePositiveRate + 1e-12;
    const side = (x - start.falsePositiveRate) * height - (y - start.truePositiveRate) * width;
    return within && Math.abs(side) < 1e-12;
  });
}

test.each(witness.cases)('area, interval and curve agree with the reference values', (one) => {
  expect(rocAuc(one.scores, one.labels)).toBeCloseTo(one.area, 12);
  const positives = one.labels.filter((label) => label === 1).length;
  const [low, high] = rocAucInterval(one.area, positives, one.labels.length - positives);
  expect(low).toBeCloseTo(one.interval[0], 9);
  expect(high).toBeCloseTo(one.interval[1], 9);
  const corners = rocCurve(one.scores, one.labels);
  expect(corners.length).toBeLessThan(one.curve.length);
  expect(one.curve.filter((point) => !isOn(corners, point))).toEqual([]);
});

test.each(witness.cases)(
  'the calibration error is that of the witness',
  ({ scores, labels, ...expected }) => {
    const counter = new CalibrationCounter();
    for (const [i, score] of scores.entries()) {
      counter.add(Math.max(score, 1 - score), score > 0.5 === (labels[i] === 1));
    }
    const { error, bins } = counter.calibration;
    expect(error).toBeCloseTo(expected.calibrationError, 12);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(scores.length);
  },
);

test.each(witness.perfect)(
  'an area of %f from %i and %i images has an interval too',
  (area, m, n, low, high) => {
    const interval = rocAucInterval(area, m, n);
    expect(interval[0]).toBeCloseTo(low, 9);
    expect(interval[1]).toBe(high);
  },
);

test('the curve by hand: a corner where the direction changes, a straight line for equal scores', () => {
  const points = rocCurve([0.9, 0.8, 0.7, 0.7, 0.2, 0.1], [1, 1, 0, 1, 0, 0]);
  expect(points).toEqual([
    { threshold: null, falsePositiveRate: 0, truePositiveRate: 0 },
    { threshold: 0.8, falsePositiveRate: 0, truePositiveRate: 2 / 3 },
    { threshold: 0.7, falsePositiveRate: 1 / 3, truePositiveRate: 1 },
    { threshold: 0.1, falsePositiveRate: 1, truePositiveRate: 1 },
  ]);
});

test('without both classes, or with a NaN score, there is no curve and the interval is [0, 1]', () => {
  expect(rocCurve([0.1, 0.2], [1, 1])).toEqual([]);
  expect(rocCurve([NaN, 0.2], [0, 1])).toEqual([]);
  expect(rocAucInterval(NaN, 2, 0)).toEqual([0, 1]);
});

test('a confidence belongs to the bin whose upper bound it reaches', () => {
  const counter = new CalibrationCounter();
  counter.add(3 / 15, true);
  counter.add(1, false);
  const { bins, error } = counter.calibration;
  expect(bins).toHaveLength(15);
  expect(bins[2]).toEqual({ low: 2 / 15, high: 3 / 15, count: 1, confidence: 0.2, accuracy: 1 });
  expect(bins[14]).toMatchObject({ count: 1, confidence: 1, accuracy: 0 });
  expect(error).toBeCloseTo((0.8 + 1) / 2, 12);
});

test('a NaN probability makes the calibration error NaN', () => {
  const counter = new CalibrationCounter();
  counter.add(NaN, false);
  expect(counter.calibration.error).toBeNaN();
});
