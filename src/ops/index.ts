// The operator set: one table, from which names and types are derived.
import { AdamUpdate } from './adam-update.ts';
import { AdaptiveAveragePool, AdaptiveAveragePoolGrad } from './adaptive-average-pool.ts';
import { Add } from './add.ts';
import { AveragePool, AveragePoolGrad } from './average-pool.ts';
import {
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
} from './batch-normalization.ts';
import { Clip, ClipGrad } from './clip.ts';
import { Concat } from './concat.ts';
import { Conv, ConvGradInput, ConvGradWeight } from './conv.ts';
import { Div } from './div.ts';
import { Dropout } from './dropout.ts';
import { Expand } from './expand.ts';
import { Gemm } from './gemm.ts';
import { GlobalAveragePool } from './global-average-pool.ts';
import { MaxPool, MaxPoolGrad } from './max-pool.ts';
import { MomentumUpdate } from './momentum-update.ts';
import { Mul } from './mul.ts';
import { Pad } from './pad.ts';
import { ReduceMean } from './reduce-mean.ts';
import { ReduceSum } from './reduce-sum.ts';
import { Relu, ReluGrad } from './relu.ts';
import { Reshape } from './reshape.ts';
import { SgdUpdate } from './sgd-update.ts';
import { Sigmoid, SigmoidGrad } from './sigmoid.ts';
import { SigmoidCrossEntropyLoss, SigmoidCrossEntropyLossGrad } from './sigmoid-cross-entropy-loss.ts';
import { Slice, SliceGrad } from './slice.ts';
import { Softmax, SoftmaxGrad } from './softmax.ts';
import { SoftmaxCrossEntropyLoss, SoftmaxCrossEntropyLossGrad } from './softmax-cross-entropy-loss.ts';
import { Sqrt } from './sqrt.ts';
import { Sub } from './sub.ts';

/** Every built-in operator. An engine's table over `OperatorName` does not compile until it covers them all. */
export const operators = {
  AdamUpdate,
  AdaptiveAveragePool,
  AdaptiveAveragePoolGrad,
  Add,
  AveragePool,
  AveragePoolGrad,
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
  Clip,
  ClipGrad,
  Concat,
  Conv,
  ConvGradInput,
  ConvGradWeight,
  Div,
  Dropout,
  Expand,
  Gemm,
  GlobalAveragePool,
  MaxPool,
  MaxPoolGrad,
  MomentumUpdate,
  Mul,
  Pad,
  ReduceMean,
  ReduceSum,
  Relu,
  ReluGrad,
  Reshape,
  SgdUpdate,
  Sigmoid,
  SigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad,
  SigmoidGrad,
  Slice,
  SliceGrad,
  Softmax,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad,
  SoftmaxGrad,
  Sqrt,
  Sub,
};

export type OperatorName = keyof typeof operators;
