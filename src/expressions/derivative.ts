// Symbolic differentiation of formulas by the chain rule.
import { add, divide, greater, log, multiply, negate, pow, sign, subtract, where } from './builders.ts';
import { constant, type Expression, replace, type Term } from './expression.ts';
import type { FunctionName } from './functions.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/**
 * The derivative of `expression` with respect to the operand at `index`. At a kink or jump it is that of the
 * constant branch: 0 for max(x, 0) at 0.
 */
export function derivative(expression: Expression, index: number): Expression {
  if (expression.kind === 'constant') return constant(0);
  if (expression.kind === 'operand') return constant(expression.index === index ? 1 : 0);
  const derivatives = expression.inputs.map((input) => derivative(input, index));
  return rules[expression.function](expression.inputs, derivatives, expression);
}

/** Derivative of the call `y` of `inputs`, given the derivatives of the inputs. */
type Rule = (inputs: readonly Expression[], derivatives: readonly Expression[], y: Call) => Expression;

/** Chain rule for a function of one input with the derivative `outer`. */
const chain =
  (outer: (a: Expression, y: Call) => Term): Rule =>
  ([a], [da], y) =>
    multiply(outer(a, y), da);

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
 * The gradient of y = `expression` as a formula: `outputGradient` times the derivative. It reads `output` instead of the
 * operand where the derivative is a function of y, as for max(x, 0).
 */
export function gradient(
  expression: Expression,
  index: number,
  { outputGradient, output }: { readonly outputGradient: Expression; readonly output: Expression },
): Expression {
  return multiply(outputGradient, replace(derivative(expression, index), expression, output));
}
