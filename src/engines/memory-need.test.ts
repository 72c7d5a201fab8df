// What programs need at least, and what is refused.
import { expect, test } from 'vitest';
import { UsageError } from '../base/errors.ts';
import { createModel } from '../models/index.ts';
import { softmaxCrossEntropy } from '../nn/index.ts';
import { sgd } from '../optim/sgd.ts';
import { forwardProgram, trainProgram } from '../program/programs.ts';
import { checkMemory, leastMemory } from './memory-need.ts';

const model = createModel('lenet5');
/** Weights of LeNet-5 in float32. */
const WEIGHTS = 61706 * 4;

test('a forward pass needs its weights, and the largest neighboring values of each image', () => {
  const image = 32 * 32 * 4;
  const firstMaps = 6 * 28 * 28 * 4;
  const least = leastMemory(forwardProgram(model, { batchSize: 10 }));
  expect(least).toBeGreaterThanOrEqual(WEIGHTS + 10 * (image + firstMaps));
  expect(least).toBeLessThan(WEIGHTS + 10 * (image + 2 * firstMaps));
});

test('training needs more, since the backward pass reads what the forward pass computed', () => {
  const options = { batchSize: 10, loss: softmaxCrossEntropy(), optimizer: sgd(), update: {} };
  expect(leastMemory(trainProgram(model, options))).toBeGreaterThan(
    leastMemory(forwardProgram(model, { batchSize: 10 })),
  );
});

test('a program larger than the memory is refused with both sizes, and one that fits is not', () => {
  const program = forwardProgram(model, { batchSize: 2 ** 31 });
  expect(() => checkMemory(program, 2 ** 34)).toThrow(UsageError);
  expect(() => checkMemory(program, 2 ** 34)).toThrow(
    /"forward lenet5" needs at least [\d,]+ GiB of memory, but this machine has 16 GiB; use a smaller batch/,
  );
  expect(() => checkMemory(forwardProgram(model, { batchSize: 1 }), 2 ** 34)).not.toThrow();
});
