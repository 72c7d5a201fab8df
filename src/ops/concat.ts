// Concatenation along an axis, for example of the branches of an inception or fire module.

import { UsageError } from '../base/errors.ts';
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { formatShape, sameShape, stridesOf } from '../tensor/shape.ts';
import { check, checkAxis, checkDType } from './check.ts';
import { stridedOffsets } from './offsets.ts';
import { slice } from './slice.ts';

export type ConcatAttributes = {
  /** Axis of concatenation, from 0 (default: 1, the channels of `[N, C, H, W]`). */
  readonly axis: number;
};

/** One or more shapes, equal except along `axis` -> the same shape with the sum of the extents along `axis`. */
export const Concat: Operator<ConcatAttributes, readonly 'float32'[]> = {
  name: 'Concat',

  infer(inputs, { axis }) {
    check('Concat', inputs.length > 0, () => 'got no inputs; expected at least one.');
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
        `cannot concatenate ${inputs.map((input) => formatShape(input.shape)).join(', ')} along axis ${axis}; ` +
        'their other extents must be equal.',
    );
    const extent = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
    return [{ shape: shape.with(axis, extent), dtype }];
  },

  compute({ inputs, outputs: [y], attributes: { axis } }) {
    const strides = stridesOf(y.shape);
    startsAlong(axis, inputs).forEach((start, i) => {
      const { shape, data } = inputs[i];
      stridedOffsets(shape, strides, start * strides[axis]).forEach((offset, element) => {
        y.data[offset] = data[element];
      });
    });
  },

  gradient({ inputs, outputGradients: [dy], attributes: { axis }, needsGradient }) {
    return startsAlong(axis, inputs).map((start, i) => {
      if (!needsGradient[i]) return undefined;
      const starts = dy.shape.map(() => 0).with(axis, start);
      const ends = dy.shape.with(axis, start + inputs[i].shape[axis]);
      return slice(dy, { starts, ends });
    });
  },
};

/**
 * Concatenates `inputs` along an axis.
 * @param attributes `axis` (default: 1, the channels of `[N, C, H, W]`)
 * @throws UsageError if there are no inputs
 * @throws ShapeError if their shapes differ along another axis
 */
export function concat(inputs: readonly Value[], attributes: Partial<ConcatAttributes> = {}): Value {
  const [first] = inputs;
  if (!first) throw new UsageError('concat got no inputs; expected at least one.');
  return first.graph.apply(Concat, inputs, { axis: 1, ...attributes });
}

/** First index of each input along the axis of the result. */
function startsAlong(axis: number, inputs: readonly ValueType[]): number[] {
  let end = 0;
  return inputs.map((input) => {
    end += input.shape[axis];
    return end - input.shape[axis];
  });
}
