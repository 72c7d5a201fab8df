// Formulas of elementwise operators: expressions over one element of each operand. Engines generate code from them.
import { type FunctionName, functions } from './functions.ts';

/** A formula: an operand by its place, a constant, or a function of expressions. Plain data, never changed. */
export type Expression =
  | { readonly kind: 'operand'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'call'; readonly function: FunctionName; readonly inputs: readonly Expression[] };

/** What the builders take: an expression, or a number for a constant. */
export type Term = Expression | number;

/** Element `i` of the operand at this place. */
export function operand(index: number): Expression {
  return { kind: 'operand', index };
}

export function constant(value: number): Expression {
  return { kind: 'constant', value };
}

export function toExpression(term: Term): Expression {
  return typeof term === 'number' ? constant(term) : term;
}

/** A call as it stands; the builders in `builders.ts` simplify. Calls of constants alone are computed. */
export function call(name: FunctionName, ...terms: readonly Term[]): Expression {
  const inputs = terms.map(toExpression);
  const values = inputs.map((input) => (input.kind === 'constant' ? input.value : undefined));
  if (values.every((value) => value !== undefined)) return constant(functions[name].evaluate(...values));
  return { kind: 'call', function: name, inputs };
}

const keys = new WeakMap<Expression, string>();

/** Text that equal expressions share: `maximum(x0, 0)`. */
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

/** Places of the operands that an expression reads, in rising order. */
export function operandsOf(...expressions: readonly Expression[]): number[] {
  const found = new Set<number>();
  const visit = (expression: Expression): void => {
    if (expression.kind === 'operand') found.add(expression.index);
    if (expression.kind === 'call') expression.inputs.forEach(visit);
  };
  expressions.forEach(visit);
  return [...found].sort((a, b) => a - b);
}

/** `expression` with `replacement` wherever it has `target`, but within `replacement` itself; nothing is simplified. */
export function replace(expression: Expression, target: Expression, replacement: Expression): Expression {
  if (sameExpression(expression, target)) return replacement;
  if (expression.kind !== 'call' || sameExpression(expression, replacement)) return expression;
  return call(expression.function, ...expression.inputs.map((input) => replace(input, target, replacement)));
}
