// The kernel rules: one for each kind of instruction. A kind without one does not compile.

import type { Rules } from '../plan/layouts.ts';
import {
  adaptiveAveragePoolGradRule,
  adaptiveAveragePoolRule,
  averagePoolGradRule,
  averagePoolRule,
  globalAveragePoolRule,
} from './average-pool.ts';
import { batchNormalizationTrainingRule } from './batch-normalization.ts';
import { batchNormalizationGradRule } from './batch-normalization-grad.ts';
import { batchNormalizationRule, foldStatisticsRule } from './batch-normalization-inference.ts';
import { concatRule, padRule, sliceGradRule, sliceRule } from './boxes.ts';
import { convGradInputRule, convGradWeightRule, convRule } from './convolution/index.ts';
import { expandRule, reshapeRule } from './copies.ts';
import { dropoutRule } from './dropout.ts';
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
} from './elementwise.ts';
import { gemmRule } from './gemm.ts';
import { maxPoolGradRule, maxPoolRule } from './max-pool.ts';
import { reduceMeanRule, reduceSumRule } from './reduce.ts';
import { reorderRule } from './reorder.ts';
import {
  sigmoidCrossEntropyLossGradRule,
  sigmoidCrossEntropyLossRule,
} from './sigmoid-cross-entropy-loss.ts';
import { softmaxGradRule, softmaxRule } from './softmax.ts';
import {
  softmaxCrossEntropyLossGradRule,
  softmaxCrossEntropyLossRule,
} from './softmax-cross-entropy-loss.ts';
import { adamUpdateRule, momentumUpdateRule, sgdUpdateRule } from './updates.ts';

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
