// A tensor with a border of a constant value around it.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, stridesOf } from '../tensor/shape.ts';
import { check, checkFloats, floatType } from './check.ts';
import { places } from './places.ts';
import { slice } from './slice.ts';

export type PadAttributes = {
  /** Widths before the first element of each axis, then after the last of each: ONNX's order. */
  readonly pads: readonly number[];
  readonly value: number;
};

/** Any shape -> the shape with both widths added to each extent. */
export const Pad: Operator<PadAttributes, [x: 'float32']> = {
  name: 'Pad',

  infer(inputs, { pads }) {
    checkFloats('Pad', inputs, 1);
    const { shape } = inputs[0];
    check(
      'Pad',
      pads.length === 2 * shape.length && pads.every((width) => Number.isInteger(width) && width >= 0),
      () =>
        `got pads ${formatShape(pads)} for shape ${formatShape(shape)}; give ${2 * shape.length} whole numbers from 0, ` +
        'first the widths before each axis, then those after.',
    );
    return [floatType(shape.map((extent, axis) => extent + pads[axis] + pads[axis + shape.length]))];
  },

  compute({ inputs: [x], outputs: [y], attributes: { pads, value } }) {
    const strides = stridesOf(y.shape);
    const first = strides.reduce((sum, stride, axis) => sum + stride * pads[axis], 0);
    y.data.fill(value);
    places(x.shape, strides, first).forEach((place, i) => {
      y.data[place] = x.data[i];
    });
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { pads } }) {
    const starts = pads.slice(0, x.shape.length);
    const ends = starts.map((start, axis) => start + x.shape[axis]);
    return [slice(dy, { starts, ends })];
  },
};

/** `x` with `value`, 0 unless given, around it. */
export function pad(x: Value, attributes: Pick<PadAttributes, 'pads'> & Partial<PadAttributes>): Value {
  return x.graph.apply(Pad, [x], { value: 0, ...attributes });
}
