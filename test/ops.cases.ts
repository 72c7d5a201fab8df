// Test cases of the operators that engines have code for: shapes and attributes. Each case is compared with
// PyTorch, with finite differences, and on every engine; a gradient operator is tested by the cases of its operator.
import type { Operator } from '../src/graph/graph.ts';
import type { OperatorName, operators } from '../src/ops/index.ts';
import { type Input, key, labels, positive, signed, tied, unit, wide } from './ops.inputs.ts';

export interface OperatorCase<A> {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly attributes: A;
  /** False if the operator is not differentiable at the inputs, so that finite differences do not apply. */
  readonly differences?: boolean;
}

export type Row<A> =
  | {
      readonly cases: readonly OperatorCase<A>[];
      /** Indices of the differentiable inputs and outputs (default: all). */
      readonly inputs?: readonly number[];
      readonly outputs?: readonly number[];
    }
  | { readonly gradientOf: OperatorName };

type AttributesOf<O> = O extends Operator<infer A, infer _I, infer _O> ? A : never;
type Table = { readonly [Name in OperatorName]: Row<AttributesOf<(typeof operators)[Name]>> };

const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
const convolution = { ...window, group: 1 };
const maxPooling = { ...window, ceilMode: false };
const averagePooling = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  ceilMode: false,
  countIncludePad: true,
} as const;

function reductionCases(): OperatorCase<{ axes: readonly number[]; keepDims: boolean }>[] {
  const x = () => [signed(2, 3, 4, 5)];
  return [
    { name: 'all axes', inputs: x(), attributes: { axes: [0, 1, 2, 3], keepDims: false } },
    { name: 'all but the channels', inputs: x(), attributes: { axes: [0, 2, 3], keepDims: false } },
    { name: 'image kept', inputs: x(), attributes: { axes: [2, 3], keepDims: true } },
    { name: 'first axis', inputs: x(), attributes: { axes: [0], keepDims: false } },
    { name: 'extent 1', inputs: [signed(3, 1, 2)], attributes: { axes: [1], keepDims: false } },
  ];
}

export const operatorCases: Table = {
  AdaptiveAveragePool: {
    cases: [
      { name: 'bins that overlap', inputs: [signed(2, 3, 7, 5)], attributes: { outputSize: [3, 2] } },
      { name: 'bins that divide', inputs: [signed(1, 2, 6, 4)], attributes: { outputSize: [3, 2] } },
      { name: 'more bins than pixels', inputs: [signed(1, 2, 2, 3)], attributes: { outputSize: [5, 4] } },
      { name: 'one bin', inputs: [signed(2, 2, 3, 4)], attributes: { outputSize: [1, 1] } },
      { name: 'a bin for each pixel', inputs: [signed(1, 2, 3, 3)], attributes: { outputSize: [3, 3] } },
      { name: '1x1 image', inputs: [signed(1, 3, 1, 1)], attributes: { outputSize: [2, 2] } },
    ],
  },
  AdaptiveAveragePoolGrad: { gradientOf: 'AdaptiveAveragePool' },

  AveragePool: {
    cases: [
      {
        name: '2/2',
        inputs: [signed(2, 3, 4, 6)],
        attributes: { ...averagePooling, kernelShape: [2, 2], strides: [2, 2] },
      },
      {
        name: 'stride that does not divide',
        inputs: [signed(1, 2, 7, 6)],
        attributes: { ...averagePooling, kernelShape: [3, 2], strides: [3, 2] },
      },
      {
        name: 'padding counted',
        inputs: [signed(2, 2, 5, 5)],
        attributes: { ...averagePooling, kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      },
      {
        name: 'padding not counted',
        inputs: [signed(2, 2, 5, 5)],
        attributes: {
          ...averagePooling,
          kernelShape: [3, 3],
          strides: [2, 2],
          pads: [1, 1, 1, 1],
          countIncludePad: false,
        },
      },
      {
        name: 'asymmetric padding counted',
        inputs: [signed(1, 2, 5, 4)],
        attributes: { ...averagePooling, kernelShape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] },
      },
      {
        name: 'asymmetric padding not counted',
        inputs: [signed(1, 2, 5, 4)],
        attributes: {
          ...averagePooling,
          kernelShape: [3, 2],
          strides: [1, 2],
          pads: [0, 1, 1, 0],
          countIncludePad: false,
        },
      },
      {
        name: 'ceilMode',
        inputs: [signed(1, 2, 6, 7)],
        attributes: { ...averagePooling, kernelShape: [3, 3], strides: [2, 2], ceilMode: true },
      },
      {
        name: 'ceilMode, padding counted',
        inputs: [signed(1, 2, 6, 7)],
        attributes: {
          ...averagePooling,
          kernelShape: [3, 4],
          strides: [2, 3],
          pads: [1, 1, 1, 1],
          ceilMode: true,
        },
      },
      {
        name: 'ceilMode, padding not counted',
        inputs: [signed(1, 2, 6, 7)],
        attributes: {
          ...averagePooling,
          kernelShape: [3, 4],
          strides: [2, 3],
          pads: [1, 1, 1, 1],
          ceilMode: true,
          countIncludePad: false,
        },
      },
      {
        name: '1x1 image',
        inputs: [signed(2, 3, 1, 1)],
        attributes: { ...averagePooling, kernelShape: [1, 1] },
      },
    ],
  },
  AveragePoolGrad: { gradientOf: 'AveragePool' },

  BatchNormalization: {
    inputs: [0, 1, 2],
    cases: [
      {
        name: 'images',
        inputs: [signed(3, 4, 5, 3), signed(4), signed(4), signed(4), positive(4)],
        attributes: { epsilon: 1e-5 },
      },
      {
        name: 'one 1x1 image',
        inputs: [signed(1, 5, 1, 1), signed(5), signed(5), signed(5), positive(5)],
        attributes: { epsilon: 1e-3 },
      },
    ],
  },
  BatchNormalizationGrad: { gradientOf: 'BatchNormalizationTraining' },
  BatchNormalizationTraining: {
    inputs: [0, 1, 2],
    outputs: [0],
    cases: [
      {
        name: 'images',
        inputs: [wide(3, 4, 5, 3), signed(4), signed(4), signed(4), positive(4)],
        attributes: { epsilon: 1e-5, momentum: 0.1 },
      },
      {
        name: 'one image',
        inputs: [wide(1, 3, 3, 5), signed(3), signed(3), signed(3), positive(3)],
        attributes: { epsilon: 1e-3, momentum: 0.25 },
      },
      {
        name: '1x1 images',
        inputs: [wide(7, 3, 1, 1), signed(3), signed(3), signed(3), positive(3)],
        attributes: { epsilon: 1e-5, momentum: 1 },
      },
    ],
  },

  Concat: {
    cases: [
      {
        name: 'channels of three',
        inputs: [signed(2, 3, 2, 3), signed(2, 1, 2, 3), signed(2, 4, 2, 3)],
        attributes: { axis: 1 },
      },
      { name: 'first axis', inputs: [signed(1, 5), signed(3, 5)], attributes: { axis: 0 } },
      { name: 'last axis', inputs: [signed(2, 3, 1), signed(2, 3, 4)], attributes: { axis: 2 } },
      { name: 'one input', inputs: [signed(2, 3)], attributes: { axis: 1 } },
    ],
  },

  Conv: {
    cases: [
      {
        name: 'same, with bias',
        inputs: [signed(2, 3, 5, 4), signed(4, 3, 3, 3), signed(4)],
        attributes: { ...convolution, pads: [1, 1, 1, 1] },
      },
      {
        name: 'narrow, without bias',
        inputs: [signed(2, 2, 5, 6), signed(3, 2, 2, 3)],
        attributes: convolution,
      },
      {
        name: 'wide',
        inputs: [signed(1, 2, 4, 3), signed(2, 2, 3, 3), signed(2)],
        attributes: { ...convolution, pads: [2, 2, 2, 2] },
      },
      {
        name: 'stride that does not divide',
        inputs: [signed(1, 2, 6, 8), signed(3, 2, 3, 3), signed(3)],
        attributes: { ...convolution, strides: [2, 2], pads: [1, 1, 1, 1] },
      },
      {
        name: 'a stride for each axis',
        inputs: [signed(2, 2, 8, 7), signed(2, 2, 3, 2)],
        attributes: { ...convolution, strides: [3, 2] },
      },
      {
        name: 'stride larger than the kernel',
        inputs: [signed(1, 2, 8, 9), signed(3, 2, 2, 2)],
        attributes: { ...convolution, strides: [3, 4] },
      },
      {
        name: 'stem 7/2/3',
        inputs: [signed(1, 3, 11, 9), signed(2, 3, 7, 7)],
        attributes: { ...convolution, strides: [2, 2], pads: [3, 3, 3, 3] },
      },
      {
        name: 'stem 11/4',
        inputs: [signed(1, 1, 16, 15), signed(2, 1, 11, 11), signed(2)],
        attributes: { ...convolution, strides: [4, 4] },
      },
      {
        name: 'asymmetric padding',
        inputs: [signed(2, 2, 5, 4), signed(3, 2, 3, 3), signed(3)],
        attributes: { ...convolution, pads: [0, 1, 2, 0] },
      },
      {
        name: 'dilation',
        inputs: [signed(1, 2, 8, 7), signed(2, 2, 3, 2), signed(2)],
        attributes: { ...convolution, dilations: [2, 3], pads: [1, 1, 1, 1] },
      },
      {
        name: 'groups',
        inputs: [signed(2, 4, 5, 5), signed(6, 2, 3, 3), signed(6)],
        attributes: { ...convolution, group: 2, pads: [1, 1, 1, 1] },
      },
      {
        name: 'depthwise',
        inputs: [signed(2, 5, 6, 7), signed(5, 1, 3, 3)],
        attributes: { ...convolution, group: 5, strides: [2, 2], pads: [1, 1, 1, 1] },
      },
      {
        name: 'depthwise, two outputs a channel',
        inputs: [signed(1, 3, 4, 5), signed(6, 1, 3, 2), signed(6)],
        attributes: { ...convolution, group: 3 },
      },
      {
        name: 'everything at once',
        inputs: [signed(2, 4, 9, 10), signed(4, 2, 3, 2), signed(4)],
        attributes: { strides: [2, 3], pads: [2, 0, 1, 3], dilations: [2, 1], group: 2 },
      },
      {
        name: '1x1 kernel',
        inputs: [signed(2, 3, 4, 5), signed(5, 3, 1, 1), signed(5)],
        attributes: convolution,
      },
      {
        name: '1x1 kernel, stride 2',
        inputs: [signed(2, 3, 5, 4), signed(2, 3, 1, 1)],
        attributes: { ...convolution, strides: [2, 2] },
      },
      {
        name: '1x1 image',
        inputs: [signed(3, 4, 1, 1), signed(2, 4, 3, 3), signed(2)],
        attributes: { ...convolution, pads: [1, 1, 1, 1] },
      },
      {
        name: 'kernel as large as the image',
        inputs: [signed(2, 3, 4, 5), signed(2, 3, 4, 5), signed(2)],
        attributes: convolution,
      },
      {
        name: 'channels beyond a vector',
        inputs: [signed(1, 17, 4, 5), signed(19, 17, 3, 3), signed(19)],
        attributes: { ...convolution, pads: [1, 1, 1, 1] },
      },
      {
        name: 'depthwise beyond a vector',
        inputs: [signed(1, 33, 5, 4), signed(33, 1, 3, 3)],
        attributes: { ...convolution, group: 33, pads: [1, 1, 1, 1] },
      },
    ],
  },
  ConvGradInput: { gradientOf: 'Conv' },
  ConvGradWeight: { gradientOf: 'Conv' },

  Dropout: {
    inputs: [0],
    outputs: [0],
    cases: [
      {
        name: 'half',
        inputs: [signed(3, 7), key(1, 0, 0)],
        attributes: { ratio: 0.5, stream: 'dropout fc1' },
      },
      {
        name: 'a fifth, large seed',
        inputs: [signed(2, 3, 4, 5), key(-294_967_296, 255, 1000)],
        attributes: { ratio: 0.2, stream: 'features.3' },
      },
      { name: 'none', inputs: [signed(5), key(3, 0, 2)], attributes: { ratio: 0, stream: 'none' } },
    ],
  },

  Expand: {
    cases: [
      { name: 'inner and outer', inputs: [signed(3, 1, 2)], attributes: { shape: [4, 3, 5, 2] } },
      { name: 'scalar', inputs: [signed()], attributes: { shape: [2, 3] } },
      { name: 'channels', inputs: [signed(1, 3, 1, 1)], attributes: { shape: [2, 3, 2, 2] } },
    ],
  },

  Gemm: {
    cases: [
      {
        name: 'fully connected',
        inputs: [signed(3, 5), signed(4, 5), signed(4)],
        attributes: { transA: false, transB: true },
      },
      {
        name: 'one image',
        inputs: [signed(1, 7), signed(3, 7), signed(3)],
        attributes: { transA: false, transB: true },
      },
      { name: 'plain', inputs: [signed(3, 5), signed(5, 2)], attributes: { transA: false, transB: false } },
      {
        name: 'first transposed',
        inputs: [signed(5, 3), signed(5, 2), signed(2)],
        attributes: { transA: true, transB: false },
      },
      {
        name: 'both transposed',
        inputs: [signed(5, 3), signed(2, 5)],
        attributes: { transA: true, transB: true },
      },
      {
        name: 'beyond a vector',
        inputs: [signed(5, 33), signed(19, 33), signed(19)],
        attributes: { transA: false, transB: true },
      },
    ],
  },

  GlobalAveragePool: {
    cases: [
      { name: 'images', inputs: [signed(2, 3, 5, 7)], attributes: {} },
      { name: '1x1 image', inputs: [signed(1, 4, 1, 1)], attributes: {} },
    ],
  },

  MaxPool: {
    cases: [
      {
        name: '2/2',
        inputs: [signed(2, 3, 4, 6)],
        attributes: { ...maxPooling, kernelShape: [2, 2], strides: [2, 2] },
      },
      {
        name: '3/2/1, odd image',
        inputs: [signed(2, 2, 7, 5)],
        attributes: { ...maxPooling, kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      },
      {
        name: '3/1/1',
        inputs: [signed(1, 3, 4, 5)],
        attributes: { ...maxPooling, kernelShape: [3, 3], pads: [1, 1, 1, 1] },
      },
      {
        name: 'stride that does not divide',
        inputs: [signed(1, 2, 8, 6)],
        attributes: { ...maxPooling, kernelShape: [3, 2], strides: [2, 3] },
      },
      {
        name: 'stride larger than the kernel',
        inputs: [signed(1, 2, 8, 7)],
        attributes: { ...maxPooling, kernelShape: [2, 1], strides: [3, 2] },
      },
      {
        name: 'asymmetric padding',
        inputs: [signed(1, 2, 6, 5)],
        attributes: { ...maxPooling, kernelShape: [3, 2], strides: [2, 2], pads: [0, 1, 1, 0] },
      },
      {
        name: 'ceilMode',
        inputs: [signed(1, 2, 6, 7)],
        attributes: { ...maxPooling, kernelShape: [3, 2], strides: [2, 2], ceilMode: true },
      },
      {
        name: 'ceilMode, padding',
        inputs: [signed(1, 2, 6, 7)],
        attributes: {
          ...maxPooling,
          kernelShape: [3, 3],
          strides: [2, 3],
          pads: [1, 1, 1, 1],
          ceilMode: true,
        },
      },
      {
        name: 'ceilMode, last window in the padding is dropped',
        inputs: [signed(1, 1, 5, 5)],
        attributes: {
          ...maxPooling,
          kernelShape: [2, 2],
          strides: [3, 3],
          pads: [1, 1, 1, 1],
          ceilMode: true,
        },
      },
      {
        name: 'dilation',
        inputs: [signed(1, 2, 7, 8)],
        attributes: { ...maxPooling, kernelShape: [2, 3], dilations: [3, 2], pads: [1, 1, 1, 1] },
      },
      {
        name: 'equal values, overlapping windows',
        inputs: [tied(2, 2, 5, 6)],
        attributes: { ...maxPooling, kernelShape: [3, 3], strides: [1, 2], pads: [1, 1, 1, 1] },
        differences: false,
      },
      {
        name: 'equal values, dilation and ceilMode',
        inputs: [tied(1, 2, 6, 7)],
        attributes: {
          ...maxPooling,
          kernelShape: [2, 2],
          strides: [2, 2],
          dilations: [2, 2],
          ceilMode: true,
        },
        differences: false,
      },
      {
        name: 'whole image',
        inputs: [signed(2, 3, 3, 4)],
        attributes: { ...maxPooling, kernelShape: [3, 4] },
      },
      { name: '1x1 image', inputs: [signed(2, 3, 1, 1)], attributes: { ...maxPooling, kernelShape: [1, 1] } },
      {
        name: 'channels beyond a vector',
        inputs: [signed(1, 19, 5, 5)],
        attributes: { ...maxPooling, kernelShape: [3, 3], strides: [2, 2] },
      },
    ],
  },
  MaxPoolGrad: { gradientOf: 'MaxPool' },

  Pad: {
    cases: [
      {
        name: 'image',
        inputs: [signed(1, 2, 3, 4)],
        attributes: { pads: [0, 0, 1, 0, 0, 0, 2, 3], value: 0 },
      },
      {
        name: 'channels',
        inputs: [signed(2, 3, 2, 2)],
        attributes: { pads: [0, 2, 0, 0, 0, 1, 0, 0], value: 0 },
      },
      { name: 'with a value', inputs: [signed(3)], attributes: { pads: [2, 1], value: -1.5 } },
    ],
  },

  ReduceMean: { cases: reductionCases() },
  ReduceSum: { cases: reductionCases() },

  Reshape: {
    cases: [
      { name: 'flatten', inputs: [signed(2, 3, 2, 2)], attributes: { shape: [2, 12] } },
      { name: 'to a scalar', inputs: [signed(1, 1)], attributes: { shape: [] } },
      { name: 'other axes', inputs: [signed(4, 6)], attributes: { shape: [2, 3, 4] } },
    ],
  },

  SigmoidCrossEntropyLoss: {
    inputs: [0],
    cases: [
      { name: 'one output', inputs: [wide(7, 1), unit(7, 1)], attributes: {} },
      { name: 'several outputs', inputs: [signed(3, 5), unit(3, 5)], attributes: {} },
      { name: 'one image', inputs: [signed(1, 1), unit(1, 1)], attributes: {} },
    ],
  },
  SigmoidCrossEntropyLossGrad: { gradientOf: 'SigmoidCrossEntropyLoss' },

  Slice: {
    cases: [
      {
        name: 'middle',
        inputs: [signed(3, 4, 5)],
        attributes: { starts: [1, 0, 2], ends: [3, 4, 4], steps: [1, 1, 1] },
      },
      {
        name: 'every second pixel',
        inputs: [signed(2, 2, 5, 6)],
        attributes: { starts: [0, 0, 0, 0], ends: [2, 2, 5, 6], steps: [1, 1, 2, 2] },
      },
      {
        name: 'steps that do not divide',
        inputs: [signed(8, 7)],
        attributes: { starts: [1, 2], ends: [8, 6], steps: [3, 3] },
      },
    ],
  },
  SliceGrad: { gradientOf: 'Slice' },

  Softmax: {
    cases: [
      { name: 'classes', inputs: [wide(3, 7)], attributes: { axis: 1 } },
      { name: 'channels', inputs: [signed(2, 3, 2, 4)], attributes: { axis: 1 } },
      { name: 'first axis', inputs: [signed(4, 3)], attributes: { axis: 0 } },
      { name: 'one class', inputs: [signed(3, 1)], attributes: { axis: 1 } },
    ],
  },
  SoftmaxGrad: { gradientOf: 'Softmax' },

  SoftmaxCrossEntropyLoss: {
    inputs: [0],
    outputs: [0],
    cases: [
      { name: 'labels', inputs: [wide(5, 7), labels(5, 7)], attributes: { labelSmoothing: 0 } },
      { name: 'one image', inputs: [signed(1, 3), labels(1, 3)], attributes: { labelSmoothing: 0 } },
      { name: 'label smoothing', inputs: [wide(4, 5), labels(4, 5)], attributes: { labelSmoothing: 0.1 } },
      {
        name: 'class weights',
        inputs: [wide(6, 3), labels(6, 3), positive(3)],
        attributes: { labelSmoothing: 0 },
      },
      {
        name: 'class weights, label smoothing',
        inputs: [wide(6, 4), labels(6, 4), positive(4)],
        attributes: { labelSmoothing: 0.3 },
      },
      { name: 'soft labels', inputs: [wide(4, 5), unit(4, 5)], attributes: { labelSmoothing: 0 } },
      {
        name: 'soft labels, label smoothing',
        inputs: [wide(3, 5), unit(3, 5)],
        attributes: { labelSmoothing: 0.2 },
      },
      {
        name: 'soft labels, class weights',
        inputs: [wide(3, 5), unit(3, 5), positive(5)],
        attributes: { labelSmoothing: 0 },
      },
      {
        name: 'soft labels, class weights, label smoothing',
        inputs: [wide(3, 4), unit(3, 4), positive(4)],
        attributes: { labelSmoothing: 0.1 },
      },
    ],
  },
  SoftmaxCrossEntropyLossGrad: { gradientOf: 'SoftmaxCrossEntropyLoss' },
};
