// Functions to build formulas, exported as `expressions`. They simplify sums with 0, products with 0 and 1, and
// selections between equal branches.
import {
  call,
  constant,
  type Expression,
  replace,
  sameExpression,
  type Term,
  toExpression,
} from './expression.ts';

/** a + b */
export function add(a: Term, b: Term): Expression {
  if (isConstant(a, 0)) return toExpression(b);
  if (isConstant(b, 0)) return toExpression(a);
  return call('add', a, b);
}

/** a - b */
export function subtract(a: Term, b: Term): Expression {
  if (isConstant(b, 0)) return toExpression(a);
  if (isConstant(a, 0)) return negate(b);
  return call('subtract', a, b);
}

/** a b; the constant 0 if either is the constant 0 and the other not an infinite constant. */
export function multiply(a: Term, b: Term): Expression {
  if (isInfinite(a) || isInfinite(b)) return call('multiply', a, b);
  if (isConstant(a, 0) || isConstant(b, 0)) return constant(0);
  for (const [factor, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (isConstant(factor, 1)) return toExpression(other);
    if (isConstant(factor, -1)) return negate(other);
    const scaled = scaleSelect(factor, other);
    if (scaled) return scaled;
  }
  return call('multiply', a, b);
}

/** (p > q ? x : y) scale = p > q ? x scale : y scale, applied where a branch is 0 or both are constants. */
function scaleSelect(factor: Term, scale: Term): Expression | undefined {
  const select = toExpression(factor);
  if (select.kind !== 'call' || select.function !== 'select') return undefined;
  const [p, q, x, y] = select.inputs;
  const branches = [x, y];
  const simple = branches.every((branch) => branch.kind === 'constant');
  if (!simple && !branches.some((branch) => isConstant(branch, 0))) return undefined;
  return where(greater(p, q), multiply(scale, x), multiply(scale, y));
}

/** a / b */
export function divide(a: Term, b: Term): Expression {
  return isConstant(b, 1) ? toExpression(a) : call('divide', a, b);
}

/** -a */
export function negate(a: Term): Expression {
  const expression = toExpression(a);
  const twice = expression.kind === 'call' && expression.function === 'negate';
  return twice ? expression.inputs[0] : call('negate', expression);
}

/** |a| */
export function abs(a: Term): Expression {
  return call('absolute', a);
}

/** -1, 0 or 1, the sign of a. */
export function sign(a: Term): Expression {
  return call('sign', a);
}

/** The larger of a and b; NaN if either is. */
export function max(a: Term, b: Term): Expression {
  return call('maximum', a, b);
}

/** The smaller of a and b; NaN if either is. */
export function min(a: Term, b: Term): Expression {
  return call('minimum', a, b);
}

/** Square root of a; NaN below 0. */
export function sqrt(a: Term): Expression {
  return call('squareRoot', a);
}

/** e^a */
export function exp(a: Term): Expression {
  return call('exponential', a);
}

/** Natural logarithm of a; NaN below 0. */
export function log(a: Term): Expression {
  return call('logarithm', a);
}

/** a^b */
export function pow(a: Term, b: Term): Expression {
  return isConstant(b, 1) ? toExpression(a) : call('power', a, b);
}

/** Hyperbolic tangent of a. */
export function tanh(a: Term): Expression {
  return call('hyperbolicTangent', a);
}

/** Logistic function 1 / (1 + e^-a), without overflow. */
export function sigmoid(a: Term): Expression {
  return call('logistic', a);
}

/** A condition for `where`: larger > smaller. */
export interface Condition {
  readonly larger: Expression;
  readonly smaller: Expression;
}

/** a > b */
export function greater(a: Term, b: Term): Condition {
  return { larger: toExpression(a), smaller: toExpression(b) };
}

/** a < b */
export function less(a: Term, b: Term): Condition {
  return greater(b, a);
}

/** `whenTrue` where the condition holds, else `whenFalse`; comparisons with NaN are false. */
export function where({ larger, smaller }: Condition, whenTrue: Term, whenFalse: Term): Expression {
  if (larger.kind === 'constant' && smaller.kind === 'constant')
    return toExpression(larger.value > smaller.value ? whenTrue : whenFalse);
  const yes = substituteClamp(larger, smaller, toExpression(whenTrue));
  const no = toExpression(whenFalse);
  return sameExpression(yes, no) ? no : call('select', larger, smaller, yes, no);
}

/**
 * Where max(u, c) > c or c > min(u, c), u equals the clamped value: replaces u in the branch, so that u need
 * not be stored.
 */
function substituteClamp(larger: Expression, smaller: Expression, branch: Expression): Expression {
  for (const [clamp, limit, name] of [
    [larger, smaller, 'maximum'],
    [smaller, larger, 'minimum'],
  ] as const) {
    if (clamp.kind !== 'call' || clamp.function !== name) continue;
    const [u, c] = clamp.inputs;
    if (u.kind !== 'constant' && sameExpression(c, limit)) return replace(branch, u, clamp);
  }
  return branch;
}

/** Whether a term is infinite or NaN for certain. */
function isInfinite(term: Term): boolean {
  const expression = toExpression(term);
  return expression.kind === 'constant' && !Number.isFinite(expression.value);
}

function isConstant(term: Term, value: number): boolean {
  const expression = toExpression(term);
  return expression.kind === 'constant' && expression.value === value;
}
