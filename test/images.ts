// Small synthetic images and data sets for tests.
import type { Dataset, SplitDataset } from '../src/data/dataset.ts';
import type { Image } from '../src/image/image.ts';

/** A grayscale image of one value. */
export function flatImage(value: number, height = 2, width = 2): Image {
  return { width, height, channels: 1, data: new Uint8Array(height * width).fill(value) };
}

/** Sample i is a flat image of value i with label i modulo the number of classes. */
export function countingDataset(length: number, classes: readonly string[] = ['even', 'odd']): Dataset {
  const label = (index: number) => index % classes.length;
  return {
    classes,
    length,
    label,
    get: (index) => ({ image: flatImage(index % 256), label: label(index) }),
    describe: (index) => `sample ${index}`,
  };
}

/** Parts of the given lengths. */
export function countingSplits(train: number, valid: number, test: number): SplitDataset {
  const parts = { train: countingDataset(train), valid: countingDataset(valid), test: countingDataset(test) };
  return { name: 'counting', classes: parts.train.classes, splits: parts };
}
