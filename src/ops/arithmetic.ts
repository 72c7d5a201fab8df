// Elementwise arithmetic. Shapes broadcast as in NumPy; shapes that do not are a ShapeError.
import { divide, multiply, add as plus, sqrt as squareRoot, subtract } from '../expressions/builders.ts';
import type { Value } from '../graph/graph.ts';
import { scalar } from '../tensor/tensor.ts';
import { elementwise } from './elementwise.ts';

const Add = elementwise({ name: 'Add', operands: ['a', 'b'], formula: ({ a, b }) => plus(a, b) });
const Sub = elementwise({ name: 'Sub', operands: ['a', 'b'], formula: ({ a, b }) => subtract(a, b) });
const Mul = elementwise({ name: 'Mul', operands: ['a', 'b'], formula: ({ a, b }) => multiply(a, b) });
const Div = elementwise({ name: 'Div', operands: ['a', 'b'], formula: ({ a, b }) => divide(a, b) });
const Sqrt = elementwise({ name: 'Sqrt', operands: ['x'], formula: ({ x }) => squareRoot(x) });

/**
 * a + b, for example the skip connection of a residual block. Shapes broadcast as in NumPy.
 * @throws ShapeError if the shapes do not broadcast
 */
export function add(a: Value, b: Value): Value {
  return a.graph.apply(Add, [a, b], {});
}

/**
 * a - b. Shapes broadcast as in NumPy.
 * @throws ShapeError if the shapes do not broadcast
 */
export function sub(a: Value, b: Value): Value {
  return a.graph.apply(Sub, [a, b], {});
}

/**
 * a b, elementwise. Shapes broadcast as in NumPy.
 * @throws ShapeError if the shapes do not broadcast
 */
export function mul(a: Value, b: Value): Value {
  return a.graph.apply(Mul, [a, b], {});
}

/** `x` times a number. */
export function multiplyBy(x: Value, factor: number): Value {
  return mul(x, x.graph.constant(scalar(factor)));
}

/**
 * a / b, elementwise, with IEEE results for division by 0. Shapes broadcast as in NumPy.
 * @throws ShapeError if the shapes do not broadcast
 */
export function div(a: Value, b: Value): Value {
  return a.graph.apply(Div, [a, b], {});
}

/** Elementwise square root; NaN below 0. */
export function sqrt(x: Value): Value {
  return x.graph.apply(Sqrt, [x], {});
}
