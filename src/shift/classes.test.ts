import { expect, test } from 'vitest';
import type { Dataset } from '../data/dataset.ts';
import { RandomStream } from '../tensor/random.ts';
import { compareClasses } from './classes.ts';
import type { ImageSet } from './image-set.ts';
import { type Matrix, matrix } from './matrix.ts';

const classes = ['cat', 'dog', 'owl'];

/** So many images of each class; the only feature is noise around `center` for cats, around 0 for others. */
function imageSet(counts: readonly number[], center: number): ImageSet {
  const labels = counts.flatMap((count, label) => Array<number>(count).fill(label));
  const random = new RandomStream(0, `set of ${center}`);
  const values = labels.map((label, i) => random.normal(i) + (label === 0 ? center : 0));
  const features: Matrix = matrix(labels.length, 1, Float64Array.from(values));
  const dataset: Dataset = {
    classes,
    length: labels.length,
    label: (index) => labels[index],
    get: () => {
      throw new Error('images are not read again');
    },
    describe: (index) => `image ${index}`,
  };
  return { dataset, features, statistics: [] };
}

function compared(reference: ImageSet, target: ImageSet) {
  return compareClasses(reference, target, { reference: reference.features, target: target.features });
}

test('each class has its proportions and, with enough images, its distance', () => {
  const { common, sharesMoved, sharesMovedByChance } = compared(
    imageSet([100, 85, 15], 0),
    imageSet([60, 130, 10], 3),
  );
  expect(common.map(({ label }) => label)).toEqual(classes);
  const [cat, dog, owl] = common;
  expect(cat).toMatchObject({ reference: { count: 100, share: 0.5 }, target: { count: 60, share: 0.3 } });
  expect(cat.distance!.share).toBeGreaterThan(2);
  expect(dog.distance!.share).toBeLessThan(0.2);
  expect(owl.distance).toBeUndefined();
  expect(sharesMoved).toBeCloseTo(0.225, 12);
  // Half of sqrt(2 / pi) x (the std of the differences of three proportions: 0.4, 0.5375 and 0.0625 among 200 and 200 images).
  expect(sharesMovedByChance).toBeCloseTo(0.0491, 4);
});

test('classes of only one set are named, and proportions are then not compared', () => {
  const { common, onlyReference, onlyTarget, sharesMoved } = compared(
    imageSet([30, 30, 0], 0),
    imageSet([0, 30, 30], 0),
  );
  expect(common.map(({ label }) => label)).toEqual(['dog']);
  expect([onlyReference, onlyTarget, sharesMoved]).toEqual([['cat'], ['owl'], undefined]);
});
