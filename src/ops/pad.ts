// Padding with a constant value.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, stridesOf } from '../tensor/shape.ts';
import { check, checkFloats, floatType } from './check.ts';
import { stridedOffsets } from './offsets.ts';
import { slice } from './slice.ts';

export type PadAttributes = {
  /** Width before each axis, then width after each axis: ONNX's order. */
  readonly pads: readonly number[];
  /** Value of the padding (default: 0). */
  readonly value: number;
};

/** Any shape -> the same with both widths added to each extent. */
export const Pad: Operator<PadAttributes, [x: 'float32']> = {
  name: 'Pad',

  infer(inputs, { pads }) {
    checkFloats('Pad', inputs, 1);
    const { shape } = inputs[0];
    check(
      'Pad',
      pads.length === 2 * shape.length && pads.every((width) => Number.isInteger(width) && width >= 0),
      () =>
        `got pads ${formatShape(pads)} for shape ${formatShape(shape)}; expected ${2 * shape.length} ` +
        'non-negative integers, the widths before each axis and then those after.',
    );
    return [floatType(shape.map((extent, axis) => extent + pads[axis] + pads[axis + shape.length]))];
  },

  compute({ inputs: [x], outputs: [y], attributes: { pads, value } }) {
    const strides = stridesOf(y.shape);
    const first = strides.reduce((sum, stride, axis) => sum + stride * pads[axis], 0);
    y.data.fill(value);
    stridedOffsets(x.shape, strides, first).forEach((offset, i) => {
      y.data[offset] = x.data[i];
    });
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { pads } }) {
    const starts = pads.slice(0, x.shape.length);
    const ends = starts.map((start, axis) => start + x.shape[axis]);
    return [slice(dy, { starts, ends })];
  },
};

/**
 * Pads `x` with a constant.
 * @param attributes `pads`: the width before each axis, then the width after each; `value` (default: 0)
 * @throws ShapeError if `pads` does not have two non-negative integers per axis
 */
export function pad(x: Value, attributes: Pick<PadAttributes, 'pads'> & Partial<PadAttributes>): Value {
  return x.graph.apply(Pad, [x], { value: 0, ...attributes });
}
