// Adaptive average pooling: a fixed output size for any input size; each output is the mean of one bin.
//   Y[n, c, i, j] = mean of X[n, c, floor(i H / O) .. ceil((i + 1) H / O) - 1, likewise for j]
// torch.nn.AdaptiveAvgPool2d; ONNX lacks it.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { check, checkFloats, checkRank, checkShape, floatType } from './check.ts';
import { adaptiveWindows, averageWindows, averageWindowsGradient, bins } from './pool.ts';
import type { Pair } from './window.ts';

export type AdaptiveAveragePoolAttributes = { readonly outputSize: Pair };
export type AdaptiveAveragePoolGradAttributes = { readonly inputShape: Shape };

/** `[N, C, H, W]` -> `[N, C, ...outputSize]`. */
export const AdaptiveAveragePool: Operator<AdaptiveAveragePoolAttributes, [x: 'float32']> = {
  name: 'AdaptiveAveragePool',

  infer(inputs, { outputSize }) {
    checkFloats('AdaptiveAveragePool', inputs, 1);
    checkRank('AdaptiveAveragePool', 'input', inputs[0], '[N, C, H, W]');
    check(
      'AdaptiveAveragePool',
      outputSize.every((extent) => Number.isInteger(extent) && extent > 0),
      () => `has output size ${formatShape(outputSize)}; expected two positive integers, [height, width].`,
    );
    return [floatType([...inputs[0].shape.slice(0, 2), ...outputSize])];
  },

  compute({ inputs: [x], outputs: [y] }) {
    averageWindows(x, y, adaptiveWindows(x.shape, y.shape));
  },

  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [dy.graph.apply(AdaptiveAveragePoolGrad, [dy], { inputShape: x.shape })];
  },

  cost([x], [y], { outputSize }) {
    const [height, width] = binSteps(x.shape, outputSize);
    return { paddleFlops: sizeOf(y.shape) * (height * width + 1) };
  },

  window([x], { outputSize }) {
    const [rows, columns] = binSteps(x.shape, outputSize);
    return {
      kernel: [largestBin(x.shape[2], outputSize[0]), largestBin(x.shape[3], outputSize[1])],
      strides: [Math.max(rows, 1), Math.max(columns, 1)],
      dilations: [1, 1],
    };
  },
};

/**
 * Gradient of `AdaptiveAveragePool`: output gradient `[N, C, H', W']` -> `inputShape`, spread evenly over the
 * pixels of each bin.
 */
export const AdaptiveAveragePoolGrad: Operator<AdaptiveAveragePoolGradAttributes, [dy: 'float32']> = {
  name: 'AdaptiveAveragePoolGrad',

  infer(inputs, { inputShape }) {
    checkFloats('AdaptiveAveragePoolGrad', inputs, 1);
    checkRank('AdaptiveAveragePoolGrad', 'output gradient', inputs[0], '[N, C, H, W]');
    checkRank('AdaptiveAveragePoolGrad', 'input', floatType(inputShape), '[N, C, H, W]');
    const [, , height, width] = inputs[0].shape;
    const expected = [...inputShape.slice(0, 2), height, width];
    checkShape('AdaptiveAveragePoolGrad', 'output gradient', inputs[0], expected);
    return [floatType(inputShape)];
  },

  compute({ inputs: [dy], outputs: [dx] }) {
    averageWindowsGradient(dy, dx, adaptiveWindows(dx.shape, dy.shape));
  },

  gradient: null,
};

/**
 * Adaptive average pooling of `x` `[N, C, H, W]` to `[N, C, ...outputSize]`, as torch.nn.AdaptiveAvgPool2d.
 * @param attributes `outputSize`: [height, width] of the output
 * @throws ShapeError if `x` does not have four axes or a size is not a positive integer
 */
export function adaptiveAveragePool(x: Value, attributes: AdaptiveAveragePoolAttributes): Value {
  return x.graph.apply(AdaptiveAveragePool, [x], attributes);
}

/** Distance between bins, rounded down; Paddle counts operations as if it were the kernel. */
function binSteps(x: Shape, outputSize: Pair): Pair {
  return [Math.floor(x[2] / outputSize[0]), Math.floor(x[3] / outputSize[1])];
}

function largestBin(extent: number, count: number): number {
  return Math.max(...bins(extent, count).map((bin) => bin.length));
}
