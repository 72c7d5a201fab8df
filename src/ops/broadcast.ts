// What the element-wise operators of two operands share: broadcasting.

import { ShapeError } from '../base/errors.ts';
import type { Computation, ValueType } from '../graph/operator.ts';
import { broadcastShapes } from '../tensor/shape.ts';
import { checkFloats } from './check.ts';
import { broadcastPlaces } from './places.ts';

export function inferBroadcast(operator: string, inputs: readonly ValueType[]): readonly ValueType[] {
  checkFloats(operator, inputs, 2);
  try {
    return [{ shape: broadcastShapes(inputs[0].shape, inputs[1].shape), dtype: 'float32' }];
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${operator}: ${error.message}`) : error;
  }
}

/** y = combine(a, b), element by element of the broadcast operands. */
export function computeBroadcast(
  { inputs: [a, b], outputs: [y] }: Computation<object>,
  combine: (a: number, b: number) => number,
): void {
  const aPlaces = broadcastPlaces(a.shape, y.shape);
  const bPlaces = broadcastPlaces(b.shape, y.shape);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = combine(a.data[aPlaces[i]], b.data[bPlaces[i]]);
  }
}
