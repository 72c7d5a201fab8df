// Composes formulas, and finds which of them map zeros to zero.
import * as build from './builders.ts';
import { call, constant, type Expression, operandsOf, type Term } from './expression.ts';
import type { FunctionName } from './functions.ts';

/** The builders that simplify. */
const builders: Readonly<Partial<Record<FunctionName, (...terms: readonly Expression[]) => Expression>>> = {
  add: build.add,
  subtract: build.subtract,
  multiply: build.multiply,
  divide: build.divide,
  negate: build.negate,
  power: build.pow,
  select: (larger, smaller, yes, no) => build.where({ larger, smaller }, yes, no),
};

/** Substitutes an expression for each operand, and simplifies. */
export function compose(expression: Expression, operands: readonly Expression[]): Expression {
  const known = new Map<Expression, Expression>();
  const visit = (part: Expression): Expression => {
    if (part.kind === 'operand') return operands[part.index];
    if (part.kind === 'constant') return part;
    const composed = known.get(part) ?? rebuild(part.function, part.inputs.map(visit));
    known.set(part, composed);
    return composed;
  };
  return visit(expression);
}

function rebuild(name: FunctionName, inputs: readonly Term[]): Expression {
  const builder = builders[name] as ((...terms: readonly Term[]) => Expression) | undefined;
  return builder ? builder(...inputs) : call(name, ...inputs);
}

/** Whether `expression` is 0 if the operands selected by `isZero` are 0, whatever the values of the others. */
export function keepsZero(expression: Expression, isZero: (operand: number) => boolean): boolean {
  const count = 1 + Math.max(-1, ...operandsOf(expression));
  const zeroed = Array.from(
    { length: count },
    (_, index): Expression => (isZero(index) ? constant(0) : { kind: 'operand', index }),
  );
  const value = compose(expression, zeroed);
  return value.kind === 'constant' && value.value === 0;
}

/** Whether `expression` is linear in the operand at `index`, so that it may be applied to the parts of a sum. */
export function isLinear(expression: Expression, index: number): boolean {
  if (expression.kind === 'operand') return expression.index === index;
  if (expression.kind === 'constant') return expression.value === 0;
  const { inputs } = expression;
  const linear = (input: Expression): boolean => isLinear(input, index);
  const independent = (input: Expression): boolean => !operandsOf(input).includes(index);
  switch (expression.function) {
    case 'add':
    case 'subtract':
    case 'negate':
      return inputs.every(linear);
    case 'multiply':
      return (linear(inputs[0]) && independent(inputs[1])) || (independent(inputs[0]) && linear(inputs[1]));
    case 'divide':
      return linear(inputs[0]) && independent(inputs[1]);
    case 'select':
      return inputs.slice(0, 2).every(independent) && inputs.slice(2).every(linear);
    default:
      return false;
  }
}
