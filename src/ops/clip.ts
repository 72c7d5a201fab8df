// Clipping to an interval: y = min(max(x, min), max). With 0 and 6 it is ReLU6, Krizhevsky 2010, of the MobileNets.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { check, checkFloats, checkShape } from './check.ts';

export type ClipAttributes = { readonly min: number; readonly max: number };

/** Any shape -> the same shape. */
export const Clip: Operator<ClipAttributes> = {
  name: 'Clip',

  infer(inputs, { min, max }) {
    checkFloats('Clip', inputs, 1);
    check('Clip', min < max, () => `has min ${min} and max ${max}; min must be below max.`);
    return [inputs[0]];
  },

  compute({ inputs: [x], outputs: [y], attributes: { min, max } }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = Math.min(Math.max(x.data[i], min), max);
  },

  gradient({ outputs: [y], attributes, outputGradients: [dy] }) {
    return [dy!.graph.apply(ClipGrad, [dy!, y], attributes)];
  },
};

/**
 * Gradient of `Clip`: output gradient and the output -> dy where min < y < max, else 0. On the borders it is 0, as that
 * of torch.nn.ReLU6 and Hardtanh (torch.clamp passes dy on there).
 */
export const ClipGrad: Operator<ClipAttributes> = {
  name: 'ClipGrad',

  infer(inputs) {
    checkFloats('ClipGrad', inputs, 2);
    checkShape('ClipGrad', 'output', inputs[1], inputs[0].shape);
    return [inputs[0]];
  },

  compute({ inputs: [dy, y], outputs: [dx], attributes: { min, max } }) {
    for (let i = 0; i < dx.data.length; i++) {
      const inside = y.data[i] > min && y.data[i] < max;
      dx.data[i] = inside ? dy.data[i] : 0;
    }
  },

  gradient: null,
};

/** `x` clipped to `[min, max]`, element by element. */
export function clip(x: Value, attributes: ClipAttributes): Value {
  return x.graph.apply(Clip, [x], attributes);
}

/** min(max(x, 0), 6), element by element. */
export function relu6(x: Value): Value {
  return clip(x, { min: 0, max: 6 });
}
