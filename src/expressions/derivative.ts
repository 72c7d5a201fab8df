// Symbolic differentiation of formulas by the chain rule.
import {
  add,
  type Condition,
  divide,
  greater,
  less,
  log,
  multiply,
  negate,
  pow,
  sign,
  subtract,
  where,
} from './builders.ts';
import { constant, type Expression, replace, type Term } from './expression.ts';
import type { FunctionName } from './functions.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/**
 * The derivative of `expression` with respect to the operand at `index`. At a kink or jump it is that of the
 * constant branch: 0 for max(x, 0) at 0. Where two that are not constant are equal, it is that of one of them.
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

/** The derivative of the larger or smaller input. Instead of it, y is compared with the other one if that is not rounded. */
function extremum(beyond: (a: Term, b: Term) => Condition): Rule {
  return ([a, b], [da, db], y) => {
    if (a.kind === 'constant' || (isExact(a) && !isExact(b)))
      return where(beyond(isExact(a) ? y : b, a), db, da);
    return where(beyond(isExact(b) ? y : a, b), da, db);
  };
}

/** Whether single precision holds the value of an expression exactly, as it does those of operands. */
function isExact(expression: Expression): boolean {
  if (expression.kind === 'constant') return Math.fround(expression.value) === expression.value;
  return expression.kind === 'operand';
}

const rules: Readonly<Record<FunctionName, Rule>> = {
  add: (_, [da, db]) => add(da, db),
  subtract: (_, [da, db]) => subtract(da, db),
  multiply: ([a, b], [da, db]) => add(multiply(da, b), multiply(a, db)),
  divide: ([, b], [da, db], y) => subtract(divide(da, b), multiply(divide(y, b), db)),
  negate: (_, [da]) => negate(da),
  absolute: chain(sign),
  sign: () => constant(0),
  maximum: extremum(greater),
  minimum: extremum(less),
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
