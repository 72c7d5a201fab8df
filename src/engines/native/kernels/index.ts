// The kernel rules: one for each kind of instruction. A kind without one does not compile.

import type { Rules } from '../compiler/plan/layouts.ts';
import { convGradInputRule, convGradWeightRule, convRule } from './convolution/index.ts';
import { dropoutRule } from './elementwise/dropout.ts';
import { elementwiseRule } from './elementwise/elementwise.ts';
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
  AdaptiveAveragePool: adaptiveAveragePoolRule,
  AdaptiveAveragePoolGrad: adaptiveAveragePoolGradRule,
  AveragePool: averagePoolRule,
  AveragePoolGrad: averagePoolGradRule,
  BatchNormalization: batchNormalizationRule,
  BatchNormalizationGrad: batchNormalizationGradRule,
  BatchNormalizationTraining: batchNormalizationTrainingRule,
  Concat: concatRule,
  Conv: convRule,
  ConvGradInput: convGradInputRule,
  ConvGradWeight: convGradWeightRule,
  Dropout: dropoutRule,
  Elementwise: elementwiseRule,
  Expand: expandRule,
  FoldStatistics: foldStatisticsRule,
  Gemm: gemmRule,
  GlobalAveragePool: globalAveragePoolRule,
  MaxPool: maxPoolRule,
  MaxPoolGrad: maxPoolGradRule,
  Pad: padRule,
  ReduceMean: reduceMeanRule,
  ReduceSum: reduceSumRule,
  Reorder: reorderRule,
  Reshape: reshapeRule,
  SigmoidCrossEntropyLoss: sigmoidCrossEntropyLossRule,
  SigmoidCrossEntropyLossGrad: sigmoidCrossEntropyLossGradRule,
  Slice: sliceRule,
  SliceGrad: sliceGradRule,
  Softmax: softmaxRule,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLossRule,
  SoftmaxCrossEntropyLossGrad: softmaxCrossEntropyLossGradRule,
  SoftmaxGrad: softmaxGradRule,
};
