// The functions that formulas are built from. Each engine has a table typed by their names: a function missing
// from an engine is a compile error.

export interface Primitive {
  /** The value in double precision. */
  evaluate(...values: readonly number[]): number;
}

const primitive = (evaluate: (...values: readonly number[]) => number): Primitive => ({ evaluate });

export const functions = {
  add: primitive((a, b) => a + b),
  subtract: primitive((a, b) => a - b),
  multiply: primitive((a, b) => a * b),
  divide: primitive((a, b) => a / b),
  negate: primitive((a) => -a),
  absolute: primitive(Math.abs),
  /** -1, 0 or 1. */
  sign: primitive(Math.sign),
  /** NaN if either is. */
  maximum: primitive(Math.max),
  minimum: primitive(Math.min),
  squareRoot: primitive(Math.sqrt),
  exponential: primitive(Math.exp),
  logarithm: primitive(Math.log),
  power: primitive((a, b) => a ** b),
  hyperbolicTangent: primitive(Math.tanh),
  /** 1 / (1 + exp(-x)), written with exp(-|x|) so that it does not overflow. */
  logistic: primitive((x) => {
    const small = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + small) : small / (1 + small);
  }),
  /** a > b ? x : y */
  select: primitive((a, b, x, y) => (a > b ? x : y)),
} as const satisfies Record<string, Primitive>;

export type FunctionName = keyof typeof functions;
