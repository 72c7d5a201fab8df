// Tensors put one behind the other along an axis: how the branches of an inception module or a fire module meet.

import { UsageError } from '../base/errors.ts';
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { formatShape, sameShape, stridesOf } from '../tensor/shape.ts';
import { check, checkAxis, checkDType } from './check.ts';
import { places } from './places.ts';
import { slice } from './slice.ts';

export type ConcatAttributes = {
  /** The axis along which the inputs follow each other, from 0. */
  readonly axis: number;
};

/** One or more shapes that are equal but for `axis` -> the same shape with the sum of their extents there. */
export const Concat: Operator<ConcatAttributes, readonly 'float32'[]> = {
  name: 'Concat',

  infer(inputs, { axis }) {
    check('Concat', inputs.length > 0, () => 'got no inputs; give it at least one.');
    const { shape, dtype } = inputs[0];
    checkAxis('Concat', axis, shape);
    const others = (input: ValueType) => input.shape.toSpliced(axis, 1);
    inputs.forEach((input, i) => {
      checkDType('Concat', `input ${i}`, input, dtype);
    });
    check(
      'Concat',
      inputs.every(
        (input) => input.shape.length === shape.length && sameShape(others(input), others(inputs[0])),
      ),
      () =>
        `cannot join ${inputs.map((input) => formatShape(input.shape)).join(', ')} along axis ${axis}; their other ` +
        'extents must be equal.',
    );
    const extent = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
    return [{ shape: shape.with(axis, extent), dtype }];
  },

  compute({ inputs, outputs: [y], attributes: { axis } }) {
    const strides = stridesOf(y.shape);
    offsetsOf(inputs, axis).forEach((offset, i) => {
      const { shape, data } = inputs[i];
      places(shape, strides, offset * strides[axis]).forEach((place, at) => {
        y.data[place] = data[at];
      });
    });
  },

  gradient({ inputs, outputGradients: [dy], attributes: { axis }, needsGradient }) {
    return offsetsOf(inputs, axis).map((offset, i) => {
      if (!needsGradient[i]) return undefined;
      const starts = dy.shape.map(() => 0).with(axis, offset);
      const ends = dy.shape.with(axis, offset + inputs[i].shape[axis]);
      return slice(dy, { starts, ends });
    });
  },
};

/** `inputs` one behind the other along an axis, by default along the channels of `[N, C, H, W]`. */
export function concat(inputs: readonly Value[], attributes: Partial<ConcatAttributes> = {}): Value {
  const [first] = inputs;
  if (!first) throw new UsageError('concat got no inputs; give it at least one.');
  return first.graph.apply(Concat, inputs, { axis: 1, ...attributes });
}

/** Where each input begins along the axis. */
function offsetsOf(inputs: readonly ValueType[], axis: number): number[] {
  let offset = 0;
  return inputs.map((input) => {
    offset += input.shape[axis];
    return offset - input.shape[axis];
  });
}
