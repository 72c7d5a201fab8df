// Symbolic differentiation of formulas by the chain rule.
import { add, divide, greater, log, multiply, negate, pow, sign, subtract, where } from './builders.ts';
import { constant, type Expression, replace, type Term } from './expression.ts';
import type { FunctionName } from './functions.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/**
 * The derivative of `expression` with respect to the operand at `index`. Where a function has none (the corner of a maximum,
 * a jump), it is that of the constant branch: 0 for max(x, 0) at 0.
 */
export function derivative(expression: Expression, index: number): Expression {
  if (expression.kind === 'constant') return constant(0);
  if (expression.kind === 'operand') return constant(expression.index === index ? 1 : 0);
  const inner = expression.inputs.map((input) => derivative(input, index));
  return rules[expression.function](expression.inputs, inner, expression);
}

/** Derivative of a call of `inputs` from their derivatives; `y` is the call itself. */
type Rule = (inputs: readonly Expression[], inner: readonly Expression[], y: Call) => Expression;

/** The rule of a function of one input with this derivative. */
const chain =
  (slope: (a: Expression, y: Call) => Term): Rule =>
  ([a], [da], y) =>
    multiply(slope(a, y), da);

const rules: Readonly<Record<FunctionName, Rule>> = {
  add: (_, [da, db]) => add(da, db),
  subtract: (_, [da, db]) => subtract(da, db),
  multiply: ([a, b], [da, db]) => add(multiply(da, b), multiply(a, db)),
  divide: ([, b], [da, db], y) => subtract(divide(da, b), multiply(divide(y, b), db)),
  negate: (_, [da]) => negate(da),
  absolute: chain(sign),
  sign: () => constant(0),
  maximum: ([a, b], [da, db], y) => add(where(greater(y, b), da, 0), where(greater(y, a), db, 0)),
  minimum: ([a, b], [da, db], y) => add(where(greater(b, y), da, 0), where(greater(a, y), db, 0)),
  squareRoot: chain((_, y) => divide(0.5, y)),
  exponential: chain((_, y) => y),
  logarithm: chain((a) => divide(1, a)),
  power: ([a, b], [da, db], y) =>
    add(multiply(multiply(b, pow(a, subtract(b, 1))), da), multiply(multiply(y, log(a)), db)),
  hyperbolicTangent: chain((_, y) => subtract(1, multiply(y, y))),
  logistic: chain((_, y) => multiply(y, subtract(1, y))),
  select: ([p, q], [, , dx, dy]) => where(greater(p, q), dx, dy),
};

/**
 * The gradient of y = `expression` as a formula of its own: `outputGradient` times the derivative. Where the derivative can
 * be told from y, as that of max(x, 0), it reads `output` instead of the operand.
 */
export function gradient(
  expression: Expression,
  index: number,
  { outputGradient, output }: { readonly outputGradient: Expression; readonly output: Expression },
): Expression {
  return multiply(outputGradient, replace(derivative(expression, index), expression, output));
}
