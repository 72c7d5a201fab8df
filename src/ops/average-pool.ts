// Average pooling: the mean of each window.
//   Y[n, c, i, j] = (1 / K) sum over u, v of X[n, c, i s - t + u, j s - t + v]
// K counts the window's pixels: with padding (but never beyond it), or only those inside the image.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { checkFloats, checkShape, floatType } from './check.ts';
import {
  averageWindows,
  type Cover,
  inferPool,
  type PoolAttributes,
  shareAmongWindows,
  slidingWindows,
} from './pool.ts';
import { defaultWindow, windowOf } from './window.ts';

export type AveragePoolAttributes = Omit<PoolAttributes, 'dilations'> & {
  /** Whether padding counts as zeros of the mean, or not at all. */
  readonly countIncludePad: boolean;
};
export type AveragePoolGradAttributes = AveragePoolAttributes & { readonly inputShape: Shape };

/** `[N, C, H, W]` -> `[N, C, H', W']`. */
export const AveragePool: Operator<AveragePoolAttributes, [x: 'float32']> = {
  name: 'AveragePool',

  infer: (inputs, attributes) => inferPool('AveragePool', inputs, undilated(attributes)),

  compute({ inputs: [x], outputs: [y], attributes }) {
    const { windows, divisors } = meansOf(x.shape, y.shape, attributes);
    averageWindows(x, y, windows, divisors);
  },

  gradient({ inputs: [x], attributes, outputGradients: [dy] }) {
    return [dy.graph.apply(AveragePoolGrad, [dy], { ...attributes, inputShape: x.shape })];
  },

  cost: (_inputs, [y]) => ({ paddleFlops: sizeOf(y.shape) }),

  window: (_inputs, attributes) => windowOf(attributes.kernelShape, undilated(attributes)),
};

/** Gradient of `AveragePool`: output gradient `[N, C, H', W']` -> `inputShape`, an equal share to each pixel. */
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
    const { windows, divisors } = meansOf(dx.shape, dy.shape, attributes);
    shareAmongWindows(dy, dx, windows, divisors);
  },

  gradient: null,
};

/**
 * Mean of each window of `x` `[N, C, H, W]`; strides are the kernel's extents unless given, and padding counts as zeros
 * (PyTorch's defaults).
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

/** What each output position covers, and what its sum is divided by. */
function meansOf(
  x: Shape,
  y: Shape,
  attributes: AveragePoolAttributes,
): { windows: Cover; divisors: number[] } {
  const windows = slidingWindows(x, y, undilated(attributes));
  if (!attributes.countIncludePad) return { windows, divisors: windows.map((window) => window.length) };
  const heights = paddedExtents(0, x, y, attributes);
  const widths = paddedExtents(1, x, y, attributes);
  return { windows, divisors: heights.flatMap((height) => widths.map((width) => height * width)) };
}

/** Extent of each window along an axis, cut off where the padding ends, as only a last window of ceilMode is. */
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
