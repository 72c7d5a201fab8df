// Evaluates formulas for many elements at once: the reference that engine code is tested against.
import { type Expression, formatExpression } from './expression.ts';
import { functions } from './functions.ts';

/** Elements of an operand or subexpression; one number if all are equal. */
export type Elements = ArrayLike<number> | number;

/**
 * Values of `expressions` for `count` elements, in double precision. Common subexpressions are computed once.
 * @param operands the elements of each operand
 */
export function evaluate(
  expressions: readonly Expression[],
  operands: readonly Elements[],
  count: number,
): Elements[] {
  const known = new Map<string, Elements>();
  const visit = (expression: Expression): Elements => {
    if (expression.kind === 'operand') return operands[expression.index];
    if (expression.kind === 'constant') return expression.value;
    const key = formatExpression(expression);
    const value =
      known.get(key) ?? apply(functions[expression.function].evaluate, expression.inputs.map(visit), count);
    known.set(key, value);
    return value;
  };
  return expressions.map(visit);
}

function apply(
  f: (...values: readonly number[]) => number,
  inputs: readonly Elements[],
  count: number,
): Elements {
  if (inputs.every((input) => typeof input === 'number')) return f(...inputs);
  const result = new Float64Array(count);
  const arrays = inputs.map((input) =>
    typeof input === 'number' ? new Float64Array(count).fill(input) : input,
  );
  const [a, b, x, y] = arrays;
  if (arrays.length === 1) for (let i = 0; i < count; i++) result[i] = f(a[i]);
  else if (arrays.length === 2) for (let i = 0; i < count; i++) result[i] = f(a[i], b[i]);
  else for (let i = 0; i < count; i++) result[i] = f(a[i], b[i], x[i], y[i]);
  return result;
}
