// The table of lowerings of the built-in operators without a formula.
import type { Operator } from '../../../graph/graph.ts';
import type { OperatorName, operators } from '../../../ops/index.ts';
import { lowerConv, lowerConvGradInput, lowerConvGradWeight } from './convolution/index.ts';
import { lowerDropout } from './dropout.ts';
import {
  lowerConcat,
  lowerExpand,
  lowerGemm,
  lowerPad,
  lowerReduction,
  lowerReshape,
  lowerSlice,
  lowerSliceGrad,
} from './layout.ts';
import {
  lowerSigmoidCrossEntropyLoss,
  lowerSigmoidCrossEntropyLossGrad,
  lowerSoftmaxCrossEntropyLoss,
  lowerSoftmaxCrossEntropyLossGrad,
} from './losses.ts';
import { direct, type Lowering } from './lowering.ts';
import {
  lowerBatchNormalization,
  lowerBatchNormalizationGrad,
  lowerBatchNormalizationTraining,
} from './normalization.ts';
import {
  lowerAdaptiveAveragePool,
  lowerAdaptiveAveragePoolGrad,
  lowerAveragePool,
  lowerAveragePoolGrad,
  lowerMaxPool,
  lowerMaxPoolGrad,
} from './pooling.ts';
import { lowerSoftmax, lowerSoftmaxGrad } from './softmax.ts';

type AttributesOf<O> = O extends Operator<infer A, infer _I, infer _O> ? A : never;

/** One lowering per operator of the table in ops/; a missing one is a compile error. */
export type Lowerings = { readonly [Name in OperatorName]: Lowering<AttributesOf<(typeof operators)[Name]>> };

export const lowerings: Lowerings = {
  AdaptiveAveragePool: lowerAdaptiveAveragePool,
  AdaptiveAveragePoolGrad: lowerAdaptiveAveragePoolGrad,
  AveragePool: lowerAveragePool,
  AveragePoolGrad: lowerAveragePoolGrad,
  BatchNormalization: lowerBatchNormalization,
  BatchNormalizationGrad: lowerBatchNormalizationGrad,
  BatchNormalizationTraining: lowerBatchNormalizationTraining,
  Concat: lowerConcat,
  Conv: lowerConv,
  ConvGradInput: lowerConvGradInput,
  ConvGradWeight: lowerConvGradWeight,
  Dropout: lowerDropout,
  Expand: lowerExpand,
  Gemm: lowerGemm,
  GlobalAveragePool: direct('GlobalAveragePool'),
  MaxPool: lowerMaxPool,
  MaxPoolGrad: lowerMaxPoolGrad,
  Pad: lowerPad,
  ReduceMean: lowerReduction('ReduceMean'),
  ReduceSum: lowerReduction('ReduceSum'),
  Reshape: lowerReshape,
  SigmoidCrossEntropyLoss: lowerSigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad: lowerSigmoidCrossEntropyLossGrad,
  Slice: lowerSlice,
  SliceGrad: lowerSliceGrad,
  Softmax: lowerSoftmax,
  SoftmaxCrossEntropyLoss: lowerSoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad: lowerSoftmaxCrossEntropyLossGrad,
  SoftmaxGrad: lowerSoftmaxGrad,
};
