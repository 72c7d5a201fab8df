// The operator set: one table, from which names and types are derived.
import { AdamUpdate } from './adam-update.ts';
import { Add } from './add.ts';
import { AveragePool, AveragePoolGrad } from './average-pool.ts';
import {
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
} from './batch-normalization.ts';
import { Conv, ConvGradInput, ConvGradWeight } from './conv.ts';
import { Dropout } from './dropout.ts';
import { Expand } from './expand.ts';
import { Gemm } from './gemm.ts';
import { GlobalAveragePool } from './global-average-pool.ts';
import { MaxPool, MaxPoolGrad } from './max-pool.ts';
import { MomentumUpdate } from './momentum-update.ts';
import { Mul } from './mul.ts';
import { ReduceSum } from './reduce-sum.ts';
import { Relu, ReluGrad } from './relu.ts';
import { Reshape } from './reshape.ts';
import { SgdUpdate } from './sgd-update.ts';
import { SigmoidCrossEntropyLoss, SigmoidCrossEntropyLossGrad } from './sigmoid-cross-entropy-loss.ts';
import { SoftmaxCrossEntropyLoss, SoftmaxCrossEntropyLossGrad } from './softmax-cross-entropy-loss.ts';

/** Every built-in operator. An engine's table over `OperatorName` does not compile until it covers them all. */
export const operators = {
  AdamUpdate,
  Add,
  AveragePool,
  AveragePoolGrad,
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
  Conv,
  ConvGradInput,
  ConvGradWeight,
  Dropout,
  Expand,
  Gemm,
  GlobalAveragePool,
  MaxPool,
  MaxPoolGrad,
  MomentumUpdate,
  Mul,
  ReduceSum,
  Relu,
  ReluGrad,
  Reshape,
  SgdUpdate,
  SigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad,
};

export type OperatorName = keyof typeof operators;
