// Average pooling: the mean of each window.
//   Y[n, c, i, j] = (1 / K) sum over u, v of X[n, c, i s - t + u, j s - t + v]
// K is the number of pixels in the window: with padding (but nothing beyond it), or inside the image only.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { checkFloats, checkShape, floatType } from './check.ts';
import {
  averageWindows,
  averageWindowsGradient,
  inferPool,
  type PoolAttributes,
  slidingWindows,
  type Windows,
} from './pool.ts';
import { defaultWindow, windowOf } from './window.ts';

export type AveragePoolAttributes = Omit<PoolAttributes, 'dilations'> & {
  /** Whether padding is included in the mean as zeros (default: true). */
  readonly countIncludePad: boolean;
};
export type AveragePoolGradAttributes = AveragePoolAttributes & { readonly inputShape: Shape };

/** `[N, C, H, W]` -> `[N, C, H', W']`. */
export const AveragePool: Operator<AveragePoolAttributes, [x: 'float32']> = {
  name: 'AveragePool',

  infer: (inputs, attributes) => inferPool('AveragePool', inputs, undilated(attributes)),

  compute({ inputs: [x], outputs: [y], attributes }) {
    const { windows, divisors } = windowsAndDivisors(x.shape, y.shape, attributes);
    averageWindows(x, y, windows, divisors);
  },

  gradient({ inputs: [x], attributes, outputGradients: [dy] }) {
    return [dy.graph.apply(AveragePoolGrad, [dy], { ...attributes, inputShape: x.shape })];
  },

  cost: (_inputs, [y]) => ({ paddleFlops: sizeOf(y.shape) }),

  window: (_inputs, attributes) => windowOf(attributes.kernelShape, undilated(attributes)),
};

/** Gradient of `AveragePool`: output gradient `[N, C, H', W']` -> `inputShape`, spread evenly over each window. */
export const AveragePoolGrad: Operator<AveragePoolGradAttributes, [dy: 'float32']> = {
  name: 'AveragePoolGrad',

  infer(inputs, attributes) {
    checkFloats('AveragePoolGrad', inputs, 1);
    const x = floatType(attributes.inputShape);
    const [y] = inferPool('AveragePoolGrad', [x], undilated(attributes));
    checkShape('AveragePoolGrad', 'output gradient', inputs[0], y.shape);
    return [x];
  },

  compute({ inputs: [dy], outputs: [dx], attributes }) {
    const { windows, divisors } = windowsAndDivisors(dx.shape, dy.shape, attributes);
    averageWindowsGradient(dy, dx, windows, divisors);
  },

  gradient: null,
};

/**
 * Average pooling of `x` `[N, C, H, W]` -> `[N, C, H', W']`, with the defaults of torch.nn.AvgPool2d.
 * @param attributes `kernelShape`; `strides` (default: `kernelShape`), `pads` (default: 0), `ceilMode` (default: false),
 *   `countIncludePad` (default: true)
 * @throws ShapeError if the window does not fit, or padding exceeds half the kernel
 */
export function averagePool(
  x: Value,
  attributes: Pick<AveragePoolAttributes, 'kernelShape'> & Partial<AveragePoolAttributes>,
): Value {
  return x.graph.apply(AveragePool, [x], {
    strides: attributes.kernelShape,
    pads: defaultWindow.pads,
    ceilMode: false,
    countIncludePad: true,
    ...attributes,
  });
}

function undilated<A extends AveragePoolAttributes>(attributes: A): A & PoolAttributes {
  return { ...attributes, dilations: [1, 1] };
}

/** The pixels that each output position covers, and the divisor of their sum. */
function windowsAndDivisors(
  x: Shape,
  y: Shape,
  attributes: AveragePoolAttributes,
): { windows: Windows; divisors: number[] } {
  const windows = slidingWindows(x, y, undilated(attributes));
  if (!attributes.countIncludePad) return { windows, divisors: windows.map((window) => window.length) };
  const heights = paddedExtents(0, x, y, attributes);
  const widths = paddedExtents(1, x, y, attributes);
  return { windows, divisors: heights.flatMap((height) => widths.map((width) => height * width)) };
}

/**
 * Extent of each window along an axis without what lies beyond the padding, which only the last window of
 * ceilMode reaches.
 */
function paddedExtents(
  axis: 0 | 1,
  x: Shape,
  y: Shape,
  { kernelShape, strides, pads }: AveragePoolAttributes,
): number[] {
  return Array.from({ length: y[axis + 2] }, (_, i) => {
    const first = i * strides[axis] - pads[axis];
    return Math.min(first + kernelShape[axis], x[axis + 2] + pads[axis + 2]) - first;
  });
}
