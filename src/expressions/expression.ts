// Formulas of elementwise operators: expression trees over one element of each operand. Engines generate code from them.
import { type FunctionName, functions } from './functions.ts';

/** A formula: an operand by its index, a constant, or a function of expressions. Immutable plain data. */
export type Expression =
  | { readonly kind: 'operand'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'call'; readonly function: FunctionName; readonly inputs: readonly Expression[] };

/** An argument of the builders: an expression, or a number as a constant. */
export type Term = Expression | number;

/** The operand at `index`. */
export function operand(index: number): Expression {
  return { kind: 'operand', index };
}

export function constant(value: number): Expression {
  return { kind: 'constant', value };
}

export function toExpression(term: Term): Expression {
  return typeof term === 'number' ? constant(term) : term;
}

/** A call without simplification, except that calls of constants are computed; `builders.ts` simplifies. */
export function call(name: FunctionName, ...terms: readonly Term[]): Expression {
  const inputs = terms.map(toExpression);
  const values = inputs.map((input) => (input.kind === 'constant' ? input.value : undefined));
  if (values.every((value) => value !== undefined)) return constant(functions[name].evaluate(...values));
  return { kind: 'call', function: name, inputs };
}

const keys = new WeakMap<Expression, string>();

/** Text such as `maximum(x0, 0)`; equal expressions have equal text. */
export function formatExpression(expression: Expression): string {
  const known = keys.get(expression);
  if (known !== undefined) return known;
  const text = format(expression);
  keys.set(expression, text);
  return text;
}

function format(expression: Expression): string {
  if (expression.kind === 'operand') return `x${expression.index}`;
  if (expression.kind === 'constant')
    return Object.is(expression.value, -0) ? '-0' : String(expression.value);
  return `${expression.function}(${expression.inputs.map(formatExpression).join(', ')})`;
}

export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || formatExpression(a) === formatExpression(b);
}

const lengths = new WeakMap<Expression, number>();

/** Number of operands, constants and functions in the text of an expression, which repeats what it shares. */
export function lengthOf(expression: Expression): number {
  if (expression.kind !== 'call') return 1;
  const known = lengths.get(expression);
  if (known !== undefined) return known;
  const length = expression.inputs.reduce((sum, input) => sum + lengthOf(input), 1);
  lengths.set(expression, length);
  return length;
}

/** Indices of the operands that the expressions read, in ascending order. */
export function operandsOf(...expressions: readonly Expression[]): number[] {
  const found = new Set<number>();
  const visit = (expression: Expression): void => {
    if (expression.kind === 'operand') found.add(expression.index);
    if (expression.kind === 'call') expression.inputs.forEach(visit);
  };
  expressions.forEach(visit);
  return [...found].sort((a, b) => a - b);
}

/** Replaces `target` in `expression`, except inside `replacement` itself, without simplifying. */
export function replace(expression: Expression, target: Expression, replacement: Expression): Expression {
  if (sameExpression(expression, target)) return replacement;
  if (expression.kind !== 'call' || sameExpression(expression, replacement)) return expression;
  return call(expression.function, ...expression.inputs.map((input) => replace(input, target, replacement)));
}
