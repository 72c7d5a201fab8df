// The functions that formulas are made of, in C: for vectors, and for numbers in double precision.
import type { FunctionName } from '../../../../expressions/functions.ts';
import {
  exponential,
  hyperbolicTangent,
  logarithm,
  power,
  sigmoid,
  sign,
  squareRoot,
} from './math-functions.ts';

/** An argument of a function: C for a vector, or for one number for all lanes. */
export interface Argument {
  readonly text: string;
  readonly isVector: boolean;
  /** The value, where it is a constant. */
  readonly constant?: number;
}

interface FunctionCode {
  /** C for vectors; at least one of the arguments is one. */
  vector(...values: readonly Argument[]): string;
  /** C for numbers in double precision. */
  number(...values: readonly string[]): string;
  /** Static functions that `vector` calls, after those that they call themselves. */
  readonly helpers?: readonly string[];
  /** Whether `vector` writes its arguments more than once. */
  readonly repeats?: boolean;
}

/** A function of every lane, `NAME_<name>`. */
function called(name: string, number: FunctionCode['number'], ...helpers: readonly string[]): FunctionCode {
  return { vector: (...values) => `NAME_${name}(${values.map(splat).join(', ')})`, number, helpers };
}

/** C's own operators mix vectors and numbers. */
function operator(symbol: string): FunctionCode {
  return {
    vector: (a, b) => `(${a.text} ${symbol} ${b.text})`,
    number: (a, b) => `(${a} ${symbol} ${b})`,
  };
}

export const functionCode: Readonly<Record<FunctionName, FunctionCode>> = {
  add: operator('+'),
  subtract: operator('-'),
  multiply: operator('*'),
  divide: operator('/'),
  negate: { vector: (a) => `(-${a.text})`, number: (a) => `(-${a})` },
  absolute: { vector: (a) => `((vec)((mask)${a.text} & 0x7fffffff))`, number: (a) => `fabs(${a})` },
  sign: called('sign', (a) => `(${a} > 0 ? 1 : ${a} < 0 ? -1 : ${a})`, sign),
  maximum: {
    repeats: true,
    vector: (a, b) => extremum('<', a, b),
    number: (a, b) => `(${a} > ${b} || ${a} != ${a} ? ${a} : ${b})`,
  },
  minimum: {
    repeats: true,
    vector: (a, b) => extremum('>', a, b),
    number: (a, b) => `(${a} < ${b} || ${a} != ${a} ? ${a} : ${b})`,
  },
  squareRoot: called('root', (a) => `sqrt(${a})`, squareRoot),
  exponential: called('exp', (a) => `exp(${a})`, exponential),
  logarithm: called('log', (a) => `log(${a})`, logarithm),
  power: called('pow', (a, b) => `pow(${a}, ${b})`, power),
  hyperbolicTangent: called('tanh', (a) => `tanh(${a})`, exponential, hyperbolicTangent),
  logistic: called('sigmoid', (a) => `(1 / (1 + exp(-${a})))`, exponential, sigmoid),
  select: { vector: select, number: (p, q, a, b) => `(${p} > ${q} ? ${a} : ${b})` },
};

/** C for a vector. */
export function splat({ text, isVector }: Argument): string {
  return isVector ? text : `SPLAT(${text})`;
}

const isZero = ({ constant }: Argument): boolean => Object.is(constant, 0);

/** The larger (`<`) or the smaller (`>`) of two. NaN stays: a comparison with it is false. */
function extremum(beyond: '<' | '>', a: Argument, b: Argument): string {
  if (b.constant === undefined && a.constant !== undefined) return extremum(beyond, b, a);
  if (isZero(b)) return `KEEP(~(${a.text} ${beyond} 0.0f), ${a.text})`;
  if (b.constant !== undefined) return `SELECT(${a.text} ${beyond} ${b.text}, ${splat(b)}, ${a.text})`;
  const [x, y] = [splat(a), splat(b)];
  return `SELECT((${y} ${beyond} ${x}) | (${x} != ${x}), ${x}, ${y})`;
}

/** p > q ? a : b */
function select(p: Argument, q: Argument, a: Argument, b: Argument): string {
  const larger = p.isVector || q.isVector ? p.text : splat(p);
  const condition = p.constant === undefined ? `(${larger} > ${q.text})` : `(${q.text} < ${larger})`;
  if (isZero(b)) return `KEEP(${condition}, ${splat(a)})`;
  if (isZero(a)) return `KEEP(~${condition}, ${splat(b)})`;
  return `SELECT(${condition}, ${splat(a)}, ${splat(b)})`;
}
