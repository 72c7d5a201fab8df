// The operator set: one table, from which names and types are derived.
import { Add } from './add.ts';
import { Conv, ConvGradInput, ConvGradWeight } from './conv.ts';
import { Expand } from './expand.ts';
import { ReduceSum } from './reduce-sum.ts';
import { Relu, ReluGrad } from './relu.ts';
import { Reshape } from './reshape.ts';

/** Every built-in operator. An engine's table over `OperatorName` does not compile until it covers them all. */
export const operators = {
  Add,
  Conv,
  ConvGradInput,
  ConvGradWeight,
  Expand,
  ReduceSum,
  Relu,
  ReluGrad,
  Reshape,
};

export type OperatorName = keyof typeof operators;
