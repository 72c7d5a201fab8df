// The table of lowerings: every built-in operator, written in ONNX's operators.
import type { Operator } from '../../../graph/graph.ts';
import type { OperatorName, operators } from '../../../ops/index.ts';
import { lowerConv, lowerConvGradInput, lowerConvGradWeight } from './convolution/index.ts';
import { lowerDropout } from './dropout.ts';
import {
  lowerClip,
  lowerClipGrad,
  lowerReluGrad,
  lowerSigmoid,
  lowerSigmoidGrad,
  lowerSoftmax,
  lowerSoftmaxGrad,
} from './elementwise.ts';
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
import { lowerAdamUpdate, lowerMomentumUpdate, lowerSgdUpdate } from './updates.ts';

type AttributesOf<O> = O extends Operator<infer A> ? A : never;

/** Does not compile until it covers every operator of the table in ops/. */
export type Lowerings = { readonly [Name in OperatorName]: Lowering<AttributesOf<(typeof operators)[Name]>> };

export const lowerings: Lowerings = {
  AdamUpdate: lowerAdamUpdate,
  AdaptiveAveragePool: lowerAdaptiveAveragePool,
  AdaptiveAveragePoolGrad: lowerAdaptiveAveragePoolGrad,
  Add: direct('Add'),
  AveragePool: lowerAveragePool,
  AveragePoolGrad: lowerAveragePoolGrad,
  BatchNormalization: lowerBatchNormalization,
  BatchNormalizationGrad: lowerBatchNormalizationGrad,
  BatchNormalizationTraining: lowerBatchNormalizationTraining,
  Clip: lowerClip,
  ClipGrad: lowerClipGrad,
  Concat: lowerConcat,
  Conv: lowerConv,
  ConvGradInput: lowerConvGradInput,
  ConvGradWeight: lowerConvGradWeight,
  Div: direct('Div'),
  Dropout: lowerDropout,
  Expand: lowerExpand,
  Gemm: lowerGemm,
  GlobalAveragePool: direct('GlobalAveragePool'),
  MaxPool: lowerMaxPool,
  MaxPoolGrad: lowerMaxPoolGrad,
  MomentumUpdate: lowerMomentumUpdate,
  Mul: direct('Mul'),
  Pad: lowerPad,
  ReduceMean: lowerReduction('ReduceMean'),
  ReduceSum: lowerReduction('ReduceSum'),
  Relu: direct('Relu'),
  ReluGrad: lowerReluGrad,
  Reshape: lowerReshape,
  SgdUpdate: lowerSgdUpdate,
  Sigmoid: lowerSigmoid,
  SigmoidCrossEntropyLoss: lowerSigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad: lowerSigmoidCrossEntropyLossGrad,
  SigmoidGrad: lowerSigmoidGrad,
  Slice: lowerSlice,
  SliceGrad: lowerSliceGrad,
  Softmax: lowerSoftmax,
  SoftmaxCrossEntropyLoss: lowerSoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad: lowerSoftmaxCrossEntropyLossGrad,
  SoftmaxGrad: lowerSoftmaxGrad,
  Sqrt: direct('Sqrt'),
  Sub: direct('Sub'),
};
