// Max pooling: the largest value of each window; padding counts as minus infinity.
//   Y[n, c, i, j] = max over u, v of X[n, c, i s - t + u, j s - t + v]
import type { Operator, Value } from '../graph/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { checkFloats, checkShape } from './check.ts';
import { forEachWindow, inferPool, type PoolAttributes, slidingWindows } from './pool.ts';
import { defaultWindow, windowOf } from './window.ts';

export type MaxPoolAttributes = PoolAttributes;

/** `[N, C, H, W]` -> `[N, C, H', W']`. */
export const MaxPool: Operator<MaxPoolAttributes, [x: 'float32']> = {
  name: 'MaxPool',

  infer: (inputs, attributes) => inferPool('MaxPool', inputs, attributes),

  compute({ inputs: [x], outputs: [y], attributes }) {
    forEachWindow(x.shape, slidingWindows(x.shape, y.shape, attributes), (yOffset, channelOffset, window) => {
      y.data[yOffset] = x.data[firstMaximum(x, channelOffset, window)];
    });
  },

  gradient({ inputs: [x], outputs: [y], attributes, outputGradients: [dy] }) {
    return [dy.graph.apply(MaxPoolGrad, [dy, x, y], attributes)];
  },

  window: (_inputs, attributes) => windowOf(attributes.kernelShape, attributes),
};

/**
 * Gradient of `MaxPool`: output gradient, input, output -> gradient of the input. The first maximum of a
 * window, row by row, gets it.
 */
export const MaxPoolGrad: Operator<MaxPoolAttributes, [dy: 'float32', x: 'float32', y: 'float32']> = {
  name: 'MaxPoolGrad',

  infer(inputs, attributes) {
    checkFloats('MaxPoolGrad', inputs, 3);
    const [dy, x, y] = inputs;
    const [expected] = inferPool('MaxPoolGrad', [x], attributes);
    checkShape('MaxPoolGrad', 'output gradient', dy, expected.shape);
    checkShape('MaxPoolGrad', 'output', y, expected.shape);
    return [x];
  },

  compute({ inputs: [dy, x], outputs: [dx], attributes }) {
    const sums = new Float64Array(dx.data.length);
    forEachWindow(
      x.shape,
      slidingWindows(x.shape, dy.shape, attributes),
      (yOffset, channelOffset, window) => {
        sums[firstMaximum(x, channelOffset, window)] += dy.data[yOffset];
      },
    );
    dx.data.set(sums);
  },

  gradient: null,
};

/**
 * Max pooling of `x` `[N, C, H, W]` -> `[N, C, H', W']`, with the defaults of torch.nn.MaxPool2d. NaN is propagated.
 * @param attributes `kernelShape`; `strides` (default: `kernelShape`), `pads` (default: 0), `dilations`
 *   (default: [1, 1]), `ceilMode` (default: false)
 * @throws ShapeError if the window does not fit, or padding exceeds half the kernel
 */
export function maxPool(
  x: Value,
  attributes: Pick<MaxPoolAttributes, 'kernelShape'> & Partial<MaxPoolAttributes>,
): Value {
  const defaults = { ...defaultWindow, strides: attributes.kernelShape, ceilMode: false };
  return x.graph.apply(MaxPool, [x], { ...defaults, ...attributes });
}

/** Offset of the first maximum of the window; NaN counts as larger than every number. */
function firstMaximum(x: Tensor, channelOffset: number, window: readonly number[]): number {
  let best = channelOffset + window[0];
  for (const pixel of window) {
    const value = x.data[channelOffset + pixel];
    if (value > x.data[best] || Number.isNaN(value)) best = channelOffset + pixel;
  }
  return best;
}
