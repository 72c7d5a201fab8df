// The kernel rules: one for each kind of instruction. A kind without one does not compile.

import type { Rules } from '../compiler/plan/layouts.ts';
import { convGradInputRule, convGradWeightRule, convRule } from './convolution/index.ts';
import { dropoutRule } from './elementwise/dropout.ts';
import {
  addRule,
  clipGradRule,
  clipRule,
  divRule,
  mulRule,
  reluGradRule,
  reluRule,
  sigmoidGradRule,
  sigmoidRule,
  sqrtRule,
  subRule,
} from './elementwise/elementwise.ts';
import { adamUpdateRule, momentumUpdateRule, sgdUpdateRule } from './elementwise/updates.ts';
import { concatRule, padRule, sliceGradRule, sliceRule } from './layout/boxes.ts';
import { expandRule, reshapeRule } from './layout/copies.ts';
import { reorderRule } from './layout/reorder.ts';
import { gemmRule } from './matmul/gemm.ts';
import { batchNormalizationTrainingRule } from './normalization/batch-normalization.ts';
import { batchNormalizationGradRule } from './normalization/batch-normalization-grad.ts';
import { batchNormalizationRule, foldStatisticsRule } from './normalization/batch-normalization-inference.ts';
import {
  adaptiveAveragePoolGradRule,
  adaptiveAveragePoolRule,
  averagePoolGradRule,
  averagePoolRule,
  globalAveragePoolRule,
} from './pooling/average-pool.ts';
import { maxPoolGradRule, maxPoolRule } from './pooling/max-pool.ts';
import { reduceMeanRule, reduceSumRule } from './reduction/reduce.ts';
import {
  sigmoidCrossEntropyLossGradRule,
  sigmoidCrossEntropyLossRule,
} from './reduction/sigmoid-cross-entropy-loss.ts';
import { softmaxGradRule, softmaxRule } from './reduction/softmax.ts';
import {
  softmaxCrossEntropyLossGradRule,
  softmaxCrossEntropyLossRule,
} from './reduction/softmax-cross-entropy-loss.ts';

export const rules: Rules = {
  AdamUpdate: adamUpdateRule,
  AdaptiveAveragePool: adaptiveAveragePoolRule,
  AdaptiveAveragePoolGrad: adaptiveAveragePoolGradRule,
  Add: addRule,
  AveragePool: averagePoolRule,
  AveragePoolGrad: averagePoolGradRule,
  BatchNormalization: batchNormalizationRule,
  BatchNormalizationGrad: batchNormalizationGradRule,
  BatchNormalizationTraining: batchNormalizationTrainingRule,
  Clip: clipRule,
  ClipGrad: clipGradRule,
  Concat: concatRule,
  Conv: convRule,
  ConvGradInput: convGradInputRule,
  ConvGradWeight: convGradWeightRule,
  Div: divRule,
  Dropout: dropoutRule,
  Expand: expandRule,
  FoldStatistics: foldStatisticsRule,
  Gemm: gemmRule,
  GlobalAveragePool: globalAveragePoolRule,
  MaxPool: maxPoolRule,
  MaxPoolGrad: maxPoolGradRule,
  MomentumUpdate: momentumUpdateRule,
  Mul: mulRule,
  Pad: padRule,
  ReduceMean: reduceMeanRule,
  ReduceSum: reduceSumRule,
  Relu: reluRule,
  ReluGrad: reluGradRule,
  Reorder: reorderRule,
  Reshape: reshapeRule,
  SgdUpdate: sgdUpdateRule,
  Sigmoid: sigmoidRule,
  SigmoidCrossEntropyLoss: sigmoidCrossEntropyLossRule,
  SigmoidCrossEntropyLossGrad: sigmoidCrossEntropyLossGradRule,
  SigmoidGrad: sigmoidGradRule,
  Slice: sliceRule,
  SliceGrad: sliceGradRule,
  Softmax: softmaxRule,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLossRule,
  SoftmaxCrossEntropyLossGrad: softmaxCrossEntropyLossGradRule,
  SoftmaxGrad: softmaxGradRule,
  Sqrt: sqrtRule,
  Sub: subRule,
};
