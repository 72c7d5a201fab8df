// The table of operators that engines have code for; names and types derive from it. Elementwise operators are
// not listed: engines generate their code from the formulas.
import { AdaptiveAveragePool, AdaptiveAveragePoolGrad } from './adaptive-average-pool.ts';
import { AveragePool, AveragePoolGrad } from './average-pool.ts';
import {
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
} from './batch-normalization.ts';
import { Concat } from './concat.ts';
import { Conv, ConvGradInput, ConvGradWeight } from './conv.ts';
import { Dropout } from './dropout.ts';
import { Gemm } from './gemm.ts';
import { GlobalAveragePool } from './global-average-pool.ts';
import { MaxPool, MaxPoolGrad } from './max-pool.ts';
import { Pad } from './pad.ts';
import { ReduceMean } from './reduce-mean.ts';
import { Expand, ReduceSum } from './reduce-sum.ts';
import { Reshape } from './reshape.ts';
import { SigmoidCrossEntropyLoss, SigmoidCrossEntropyLossGrad } from './sigmoid-cross-entropy-loss.ts';
import { Slice, SliceGrad } from './slice.ts';
import { Softmax, SoftmaxGrad } from './softmax.ts';
import { SoftmaxCrossEntropyLoss, SoftmaxCrossEntropyLossGrad } from './softmax-cross-entropy-loss.ts';

/** The table of each engine is typed by `OperatorName`: a missing entry is a compile error. */
export const operators = {
  AdaptiveAveragePool,
  AdaptiveAveragePoolGrad,
  AveragePool,
  AveragePoolGrad,
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
  Concat,
  Conv,
  ConvGradInput,
  ConvGradWeight,
  Dropout,
  Expand,
  Gemm,
  GlobalAveragePool,
  MaxPool,
  MaxPoolGrad,
  Pad,
  ReduceMean,
  ReduceSum,
  Reshape,
  SigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad,
  Slice,
  SliceGrad,
  Softmax,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad,
  SoftmaxGrad,
};

export type OperatorName = keyof typeof operators;
