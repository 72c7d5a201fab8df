// C from formulas. What several of them share is computed once; what depends on numbers alone is computed before the loop,
// in double precision.
import { type Expression, formatExpression } from '../../../../expressions/expression.ts';
import { literal } from '../../compiler/c.ts';
import { code } from '../../compiler/code.ts';
import { type Argument, functionCode, splat } from './functions.ts';

/** C for an operand of a formula: for a vector, or for one number that is the same for all elements. */
export type OperandCode = Pick<Argument, 'text' | 'isVector'>;

export interface FormulaCode {
  /** Static functions that the rest calls. */
  readonly helpers: string;
  /** Declarations of numbers, for before the loop. */
  readonly numbers: string;
  /** Declarations of vectors, for each iteration of the loop. */
  readonly statements: string;
  /** C for each formula's vector. */
  readonly results: readonly string[];
}

/** C for the vectors of `formulas`. Names that it declares begin with `number`, `vector` and `part`. */
export function formulaCode(formulas: readonly Expression[], operands: readonly OperandCode[]): FormulaCode {
  const writer = new FormulaWriter(formulas, operands);
  const results = formulas.map((formula) => unwrapped(splat(writer.vector(formula))));
  return {
    helpers: [...writer.helpers].join(''),
    numbers: writer.numbers.join('\n'),
    statements: writer.statements.join('\n'),
    results,
  };
}

/** `NAME_<name>(vec x0, vec x1, ...)`: the formula of as many operands as a C function, with the functions that it calls. */
export function formulaFunction(name: string, formula: Expression, operands: number): string {
  const names = Array.from({ length: operands }, (_, i) => `x${i}`);
  const { helpers, statements, results } = formulaCode(
    [formula],
    names.map((text) => ({ text, isVector: true })),
  );
  const body = code`
    static inline vec NAME_${name}(${names.map((each) => `vec ${each}`).join(', ')}) {
      ${statements}
      return ${results[0]};
    }
  `;
  return `${helpers}${body}`;
}

/** Number of functions in formulas, those that are shared once. */
export function operationsOf(formulas: readonly Expression[]): number {
  return [...usesOf(formulas)].filter(([key]) => key.endsWith(')')).length;
}

/** How often each part of formulas is used, by its text. */
function usesOf(formulas: readonly Expression[]): Map<string, number> {
  const uses = new Map<string, number>();
  const visit = (expression: Expression): void => {
    const key = formatExpression(expression);
    const count = uses.get(key) ?? 0;
    uses.set(key, count + 1);
    if (count === 0 && expression.kind === 'call') expression.inputs.forEach(visit);
  };
  formulas.forEach(visit);
  return uses;
}

class FormulaWriter {
  readonly helpers = new Set<string>();
  readonly numbers: string[] = [];
  readonly statements: string[] = [];
  private parts = 0;
  private readonly operands: readonly OperandCode[];
  private readonly uses: ReadonlyMap<string, number>;
  /** C for the parts that have been written, by their text. */
  private readonly written = new Map<string, Argument>();

  constructor(formulas: readonly Expression[], operands: readonly OperandCode[]) {
    this.operands = operands;
    this.uses = usesOf(formulas);
  }

  /** C for a part inside the loop. */
  vector(expression: Expression): Argument {
    if (expression.kind === 'constant') {
      const { value } = expression;
      return { text: literal(value), isVector: false, constant: value };
    }
    const key = formatExpression(expression);
    const known = this.written.get(key);
    if (known) return known;
    const argument = this.isNumber(expression) ? this.declareNumber(expression) : this.write(expression, key);
    this.written.set(key, argument);
    return argument;
  }

  private write(expression: Exclude<Expression, { kind: 'constant' }>, key: string): Argument {
    if (expression.kind === 'operand') {
      const { text } = this.operands[expression.index];
      return isName(text) ? { text, isVector: true } : this.declare(`vector${expression.index}`, text);
    }
    const { vector, helpers = [], repeats = false } = functionCode[expression.function];
    for (const helper of helpers) this.helpers.add(helper);
    const inputs = expression.inputs.map((input) => this.vector(input));
    const text = vector(...(repeats ? inputs.map((input) => this.named(input)) : inputs));
    const argument = { text, isVector: true };
    return (this.uses.get(key) ?? 0) > 1 ? this.named(argument) : argument;
  }

  /** The argument under a name, if it is a vector without one. */
  private named(argument: Argument): Argument {
    if (!argument.isVector || isName(argument.text)) return argument;
    return this.declare(`part${this.parts++}`, argument.text);
  }

  private declare(name: string, text: string): Argument {
    this.statements.push(`const vec ${name} = ${unwrapped(text)};`);
    return { text: name, isVector: true };
  }

  /** Whether a part depends on numbers alone. */
  private isNumber(expression: Expression): boolean {
    if (expression.kind === 'operand') return !this.operands[expression.index].isVector;
    return expression.kind === 'constant' || expression.inputs.every((input) => this.isNumber(input));
  }

  private declareNumber(expression: Expression): Argument {
    const name = `number${this.numbers.length}`;
    this.numbers.push(`const float ${name} = ${unwrapped(this.number(expression))};`);
    return { text: name, isVector: false };
  }

  private number(expression: Expression): string {
    if (expression.kind === 'operand') return this.operands[expression.index].text;
    if (expression.kind === 'constant') return doubleLiteral(expression.value);
    return functionCode[expression.function].number(...expression.inputs.map((input) => this.number(input)));
  }
}

/** Whether C is a variable. */
export const isName = (text: string): boolean => /^\w+$/.test(text);

/** C without the parentheses around it: those that open it, as functions write them, close it. */
const unwrapped = (text: string): string => (text.startsWith('(') ? text.slice(1, -1) : text);

/** A number as C in double precision. */
function doubleLiteral(value: number): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) return literal(value);
  const text = String(value);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 ? `(${decimal})` : decimal;
}
