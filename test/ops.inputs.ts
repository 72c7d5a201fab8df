// Inputs of operator cases: a shape and a mapping from random numbers to values, so that no inputs have to be stored.
import type { InputRole } from '../src/graph/types.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';
import { type DType, type FloatTensor, floatTensor, intTensor, type Tensor } from '../src/tensor/tensor.ts';

export interface Input {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly role: InputRole;
  /** Element i, from a random number in [0, 1). */
  readonly element: (uniform: number, i: number) => number;
}

function float(shape: Shape, element: (uniform: number) => number): Input {
  return { shape, dtype: 'float32', role: 'batch', element };
}

/** From -1 to 1. */
export function signed(...shape: number[]): Input {
  return float(shape, (uniform) => 2 * uniform - 1);
}

/** From -5 to 5. */
export function wide(...shape: number[]): Input {
  return float(shape, (uniform) => 10 * uniform - 5);
}

/** From 0 to 1. */
export function unit(...shape: number[]): Input {
  return float(shape, (uniform) => uniform);
}

/** From 0.5 to 1.5. */
export function positive(...shape: number[]): Input {
  return float(shape, (uniform) => 0.5 + uniform);
}

/** Integers from -2 to 2, so that many are equal. */
export function tied(...shape: number[]): Input {
  return float(shape, (uniform) => Math.floor(5 * uniform) - 2);
}

/** `count` labels of `classes` classes. */
export function labels(count: number, classes: number): Input {
  return {
    shape: [count],
    dtype: 'int32',
    role: 'batch',
    element: (uniform) => Math.floor(classes * uniform),
  };
}

/** A key of random operators: low and high word of the seed, step. */
export function key(...words: readonly [number, number, number]): Input {
  return { shape: [3], dtype: 'int32', role: 'random', element: (_, i) => words[i] };
}

/** The tensor of an input; `name` seeds the random numbers. */
export function inputTensor(name: string, { shape, dtype, element }: Input): Tensor {
  const stream = new RandomStream(0, name);
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => element(stream.uniform(i), i));
  return dtype === 'float32' ? floatTensor(shape, values) : intTensor(shape, values);
}

/** Values from -1 to 1. */
export function signedTensor(name: string, shape: Shape): FloatTensor {
  return inputTensor(name, signed(...shape)) as FloatTensor;
}
