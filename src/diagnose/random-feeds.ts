// Random inputs of a program: normally distributed images and random labels, functions of a seed.
import {
  type Loss,
  type Model,
  randomKeyTensor,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from '../nn/index.ts';
import type { Program } from '../program/program.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import {
  type FloatTensor,
  floatTensor,
  type IntTensor,
  intTensor,
  scalar,
  type Tensor,
} from '../tensor/tensor.ts';

export interface RandomFeedsOptions {
  readonly batchSize: number;
  readonly loss: Loss;
  readonly seed: number;
  readonly learningRate?: number;
}

/** Binary cross-entropy for models with one output, softmax cross-entropy for others. */
export function lossFor(model: Model): Loss {
  return model.classes === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy();
}

/** One tensor for each input of `program`, a step of `model`. */
export function randomFeeds(
  program: Program,
  model: Model,
  { batchSize, loss, seed, learningRate = 0.001 }: RandomFeedsOptions,
): Record<string, Tensor> {
  const sources: Record<string, () => Tensor> = {
    images: () => normalImages([batchSize, ...model.input], seed),
    labels: () => loss.encode(randomLabels(batchSize, Math.max(2, model.classes), seed)),
    learningRate: () => scalar(learningRate),
    step: () => scalar(1),
    random: () => randomKeyTensor(seed, 1),
  };
  return Object.fromEntries(program.inputs.map(({ name }) => [name, sources[name]()]));
}

function normalImages(shape: readonly number[], seed: number): FloatTensor {
  const stream = new RandomStream(seed, 'random images');
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => stream.normal(index)),
  );
}

function randomLabels(count: number, classes: number, seed: number): IntTensor {
  const stream = new RandomStream(seed, 'random labels');
  return intTensor(
    [count],
    Int32Array.from({ length: count }, (_, index) => stream.integer(index, classes)),
  );
}
