// Global average pooling: one mean per channel. Lin et al., "Network in network", 2014.
//   Y[n, c, 0, 0] = (1 / (H W)) sum over i, j of X[n, c, i, j]
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { multiplyBy } from './arithmetic.ts';
import { checkFloats, checkRank, floatType } from './check.ts';
import { adaptiveWindows, averageWindows } from './pool.ts';
import { expand } from './reduce-sum.ts';

export type GlobalAveragePoolAttributes = Record<never, never>;

/** `[N, C, H, W]` -> `[N, C, 1, 1]`. */
export const GlobalAveragePool: Operator<GlobalAveragePoolAttributes, [x: 'float32']> = {
  name: 'GlobalAveragePool',

  infer(inputs) {
    checkFloats('GlobalAveragePool', inputs, 1);
    checkRank('GlobalAveragePool', 'input', inputs[0], '[N, C, H, W]');
    return [floatType([...inputs[0].shape.slice(0, 2), 1, 1])];
  },

  compute({ inputs: [x], outputs: [y] }) {
    averageWindows(x, y, adaptiveWindows(x.shape, y.shape));
  },

  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [expand(multiplyBy(dy, 1 / pixels(x.shape)), x.shape)];
  },

  cost: ([x], [y]) => ({ paddleFlops: sizeOf(y.shape) * (pixels(x.shape) + 1) }),

  window: ([x]) => ({ kernel: [x.shape[2], x.shape[3]], strides: [1, 1], dilations: [1, 1] }),
};

/**
 * Mean of each channel: `x` `[N, C, H, W]` -> `[N, C, 1, 1]`. Lin et al. 2014.
 * @throws ShapeError if `x` does not have four axes
 */
export function globalAveragePool(x: Value): Value {
  return x.graph.apply(GlobalAveragePool, [x], {});
}

function pixels(shape: Shape): number {
  return shape[2] * shape[3];
}
