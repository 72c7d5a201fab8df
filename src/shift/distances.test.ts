import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { compareSets, frechetDistance } from './frechet.ts';
import { type Matrix, matrixFromRows, pickRows } from './matrix.ts';
import { findOutliers } from './outliers.ts';
import { project } from './projection.ts';
import { binomialTail, classifierTest, crossValidate } from './two-sample.ts';

interface Witness {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly reference: number[][];
        readonly target: number[][];
        readonly folds: number[];
        readonly frechet: number;
        readonly correct: number;
      }
    >
  >;
  readonly chances: readonly { correct: number; count: number; chance: number }[];
}

const witness = JSON.parse(
  readFileSync(new URL('../../test/witness/shift.json', import.meta.url), 'utf8'),
) as Witness;

test.each(Object.entries(witness.cases))(
  'distance and classifier are those of SciPy with %s',
  (_, stored) => {
    const { reference, target, folds } = stored;
    const labels = [...reference.map(() => 0), ...target.map(() => 1)];
    expect(frechetDistance(matrixFromRows(reference), matrixFromRows(target)) / stored.frechet).toBeCloseTo(
      1,
      5,
    );
    expect(crossValidate(matrixFromRows([...reference, ...target]), labels, folds)).toBe(stored.correct);
  },
);

test('p-values agree with the binomial distribution of SciPy', () => {
  for (const { correct, count, chance } of witness.chances) {
    expect(binomialTail(correct, count) - chance).toBeCloseTo(0, 12);
  }
});

/** Normal numbers around `center`; only the first `wide` columns vary much. */
function normals(rows: number, columns: number, center = 0, purpose = 'test', wide = columns): Matrix {
  const random = new RandomStream(1, purpose);
  return matrixFromRows(
    Array.from({ length: rows }, (_, row) =>
      Array.from(
        { length: columns },
        (_, column) => center + random.normal(row * columns + column) * (column < wide ? 1 : 0.01),
      ),
    ),
  );
}

test('the distance of a set from itself is 0, and two samples of one distribution differ by chance only', () => {
  const set = normals(200, 6);
  expect(frechetDistance(set, set)).toBeCloseTo(0, 9);
  const { ratio, share, beyondChance } = compareSets(set, normals(200, 6, 0, 'again'), 5);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
  expect(share).toBeLessThan(0.02);
  expect(beyondChance).toBe(false);
});

test('a shift by one standard deviation along every axis is half the mean squared distance within the set', () => {
  const { share, ratio, beyondChance } = compareSets(normals(2000, 4), normals(2000, 4, 1, 'moved'), 5);
  expect(share).toBeCloseTo(0.5, 1);
  expect(ratio).toBeGreaterThan(50);
  expect(beyondChance).toBe(true);
});

test('distances are the same along principal components that explain all variance', () => {
  const [reference, target] = [normals(60, 300, 0, 'a', 8), normals(50, 300, 0, 'b', 8)];
  const projected = project(reference, target);
  expect(projected.reference).toMatchObject({ rows: 60, columns: 27 });
  expect(projected.varianceKept).toBeGreaterThan(0.99);
  const full = frechetDistance(reference, target);
  const kept = frechetDistance(projected.reference, projected.target);
  expect(kept / full).toBeGreaterThan(0.95);
  expect(kept / full).toBeLessThan(1.0001);
});

test('the classifier separates distant sets and no equal ones, even with as many features as images', () => {
  expect(classifierTest(normals(50, 5), normals(80, 5, 5, 'far'))).toMatchObject({
    count: 100,
    correct: 100,
  });
  const { accuracy, interval, pValue } = classifierTest(normals(60, 50), normals(60, 50, 0, 'again'));
  expect(interval[0]).toBeLessThan(0.5);
  expect(accuracy).toBeGreaterThan(0.3);
  expect(pValue).toBeGreaterThan(0.01);
});

test('outliers are farther from the reference than 95% of its images from one another', () => {
  const reference = matrixFromRows(Array.from({ length: 20 }, (_, i) => [i, 0]));
  const target = matrixFromRows([
    [3, 0.5],
    [7, -4],
    [30, 0],
  ]);
  expect(findOutliers(reference, target)).toEqual({
    neighbors: [
      { row: 3, distance: 0.5 },
      { row: 7, distance: 4 },
      { row: 19, distance: 11 },
    ],
    usual: 1,
    foreignShare: 2 / 3,
  });
  expect(findOutliers(reference, pickRows(reference, [0, 1]))).toMatchObject({ foreignShare: 0 });
});

test('features that are not finite are rejected', () => {
  expect(() => matrixFromRows([[1, Number.NaN]])).toThrow('some features are NaN or infinite');
});
