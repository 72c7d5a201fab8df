// Fuzzing: compares random formulas and their gradients, element by element, on engines and in single kernels.
import { type EngineName, openEngine } from '../src/engines/index.ts';
import * as build from '../src/expressions/builders.ts';
import { gradient } from '../src/expressions/derivative.ts';
import { evaluate } from '../src/expressions/evaluate.ts';
import { constant, type Expression, formatExpression, operand } from '../src/expressions/expression.ts';
import { type FunctionName, functions } from '../src/expressions/functions.ts';
import { Graph, type Value } from '../src/graph/graph.ts';
import { conv } from '../src/ops/conv.ts';
import { elementwise } from '../src/ops/elementwise.ts';
import { broadcastOffsets } from '../src/ops/offsets.ts';
import { toProgram } from '../src/program/program.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { type Shape, sameShape, sizeOf } from '../src/tensor/shape.ts';
import { type FloatTensor, floatTensor, type Tensor } from '../src/tensor/tensor.ts';

/** A formula, the gradients with respect to its operands, and values for all that these read. */
export interface FormulaCase {
  readonly seed: number;
  /** The value, then the gradient of each of its operands. */
  readonly formulas: readonly Expression[];
  /** The formula's own operands, the gradient of its output, and the output. */
  readonly operands: readonly FloatTensor[];
  readonly shape: Shape;
  /** Whether operands hold NaN and infinities. */
  readonly special: boolean;
}

const shapes: readonly Shape[] = [
  [2, 17, 3, 5],
  [2, 40, 3, 1],
  [16, 3, 2, 3],
  [3, 20, 1, 1],
  [1, 3, 1, 1],
  [1, 1, 1, 1],
  [2, 1, 4, 3],
  [3, 7],
  [2, 3, 5],
  [37],
  [1],
  [],
];
const constants = [0, -0, 1, -1, 0.5, 0.7, 2, 3, 6, -2.5, 0.1, 1e-30];
const specialValues = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, -1, 6];

/** Functions that pass NaN and infinities on exactly, and do not make much of rounding. */
const exactFunctions = ['add', 'maximum', 'minimum', 'select', 'absolute', 'negate', 'sign'] as const;
const allFunctions = Object.keys(functions) as FunctionName[];

/** The case of a seed. */
export function formulaCase(seed: number): FormulaCase {
  const draft = new Draft(seed);
  const shape = draft.pick(shapes);
  const special = draft.chance(0.25);
  const count = 1 + draft.integer(3);
  const formula = draft.formula(1 + draft.integer(4), count, special);
  const own = Array.from({ length: count }, (_, i) =>
    draft.tensor(i === 0 ? shape : draft.broadcasting(shape), special),
  );
  const dy = draft.tensor(shape, false);
  const [value] = evaluateAll([formula], own, shape, evaluate);
  const operands = [...own, dy, floatTensor(shape, Float32Array.from(value))];
  const [outputGradient, output] = [operand(count), operand(count + 1)];
  const gradients = own.map((_, i) => gradient(formula, i, { outputGradient, output }));
  return { seed, formulas: [formula, ...gradients], operands, shape, special };
}

class Draft {
  private readonly stream: RandomStream;
  private drawn = 0;

  constructor(seed: number) {
    this.stream = new RandomStream(seed, 'formula');
  }

  formula(depth: number, operands: number, special: boolean): Expression {
    if (depth === 0)
      return this.chance(0.75) ? operand(this.integer(operands)) : constant(this.pick(constants));
    const part = () => this.formula(this.chance(0.25) ? 0 : depth - 1, operands, special);
    switch (this.pick<FunctionName>(special ? exactFunctions : allFunctions)) {
      case 'add':
        return build.add(part(), part());
      case 'subtract':
        return build.subtract(part(), part());
      case 'multiply':
        return build.multiply(part(), part());
      case 'divide':
        return build.divide(part(), part());
      case 'negate':
        return build.negate(part());
      case 'absolute':
        return build.abs(part());
      case 'sign':
        return build.sign(part());
      case 'maximum':
        return build.max(part(), part());
      case 'minimum':
        return build.min(part(), part());
      case 'squareRoot':
        return build.sqrt(build.abs(part()));
      case 'exponential':
        return build.exp(part());
      case 'logarithm':
        return build.log(this.chance(0.5) ? part() : build.add(1, build.abs(part())));
      case 'power':
        return build.pow(this.chance(0.3) ? part() : build.abs(part()), this.chance(0.5) ? 3 : part());
      case 'hyperbolicTangent':
        return build.tanh(part());
      case 'logistic':
        return build.sigmoid(part());
      case 'select':
        return build.where(build.greater(part(), part()), part(), part());
    }
  }

  /** A shape that broadcasts to `shape`. */
  broadcasting(shape: Shape): Shape {
    if (shape.length === 0 || this.chance(0.4)) return shape;
    if (this.chance(0.4)) return this.chance(0.7) ? [] : [1];
    if (shape.length === 4 && this.chance(0.6))
      return this.chance(0.5) ? [shape[1], 1, 1] : [1, shape[1], 1, 1];
    const repeated = shape.map((extent) => (this.chance(0.5) ? 1 : extent));
    return repeated.slice(this.integer(shape.length + 1));
  }

  tensor(shape: Shape, special: boolean): FloatTensor {
    const scale = this.pick([1, 1, 3, 20]);
    const values = Array.from({ length: sizeOf(shape) }, () =>
      special && this.chance(0.4) ? this.pick(specialValues) : scale * (2 * this.uniform() - 1),
    );
    return floatTensor(shape, values);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(list.length)];
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  integer(bound: number): number {
    return this.stream.integer(this.drawn++, bound);
  }

  private uniform(): number {
    return this.stream.uniform(this.drawn++);
  }
}

type Evaluation = typeof evaluate;

/** The values of formulas of tensors that broadcast to `shape`. */
function evaluateAll(
  formulas: readonly Expression[],
  operands: readonly FloatTensor[],
  shape: Shape,
  evaluation: Evaluation,
): Float64Array[] {
  const elements = operands.map((tensor) =>
    Float64Array.from(broadcastOffsets(tensor.shape, shape), (offset) => tensor.data[offset]),
  );
  const count = sizeOf(shape);
  return evaluation(formulas, elements, count).map((values) =>
    typeof values === 'number' ? new Float64Array(count).fill(values) : Float64Array.from(values),
  );
}

/** Largest finite and smallest normal number in single precision. */
const [LARGEST, SMALLEST] = [3.4e38, 1.2e-38];

/** As `evaluate`, in single precision, with an error of some units in the last place in every function. */
function rounded(stream: RandomStream): Evaluation {
  let drawn = 0;
  const round = (value: number) => {
    const error = 1 + (2 * stream.uniform(drawn++) - 1) * 2 ** -21;
    const single = Math.fround(value * error);
    return Math.abs(single) < SMALLEST && stream.uniform(drawn++) < 0.5 ? 0 : single;
  };
  return (formulas, operands, count) => {
    const at = (elements: ArrayLike<number> | number, i: number) =>
      typeof elements === 'number' ? elements : elements[i];
    const visit = (expression: Expression, i: number): number => {
      if (expression.kind === 'operand') return at(operands[expression.index], i);
      if (expression.kind === 'constant')
        return stream.uniform(drawn++) < 0.5 ? expression.value : Math.fround(expression.value);
      const inputs = expression.inputs.map((input) => visit(input, i));
      const value = functions[expression.function].evaluate(...inputs);
      return expression.function === 'select' ? value : round(value);
    };
    return formulas.map((formula) => Float64Array.from({ length: count }, (_, i) => visit(formula, i)));
  };
}

/** Expected values of each formula, and how far those of an engine may be from them: not a number where any value is right. */
export interface Judged {
  readonly values: Float64Array;
  readonly bounds: Float64Array;
}

const SAMPLES = 6;

export function judge({ seed, formulas, operands, shape }: FormulaCase): Judged[] {
  const exact = evaluateAll(formulas, operands, shape, evaluate);
  const samples = Array.from({ length: SAMPLES }, (_, k) =>
    evaluateAll(formulas, operands, shape, rounded(new RandomStream(seed, 'rounding', k))),
  );
  return exact.map((values, output) => ({
    values,
    bounds: values.map((value, i) => {
      const others = samples.map((sample) => sample[output][i]);
      const single = Math.abs(value) > LARGEST ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
      if (!Number.isFinite(single)) return others.every((other) => Object.is(other, single)) ? 0 : Number.NaN;
      const spread = Math.max(...others.map((other) => Math.abs(other - single)));
      return Number.isFinite(spread) ? 8 * spread + 1e-6 * Math.abs(single) + 1e-36 : Number.NaN;
    }),
  }));
}

/** What is wrong with the values that were found, if anything. */
export function complaint(
  { formulas }: FormulaCase,
  judged: readonly Judged[],
  found: readonly Pick<Tensor, 'data' | 'shape'>[],
  shape: Shape,
): string | undefined {
  for (const [output, { values, bounds }] of judged.entries()) {
    const { data, shape: own } = found[output];
    const formula = `${output === 0 ? 'value' : `gradient ${output - 1}`} ${formatExpression(formulas[output])}`;
    if (!sameShape(own, shape)) return `${formula} has shape [${own}] instead of [${shape}]`;
    const wrong = bounds.findIndex((bound, i) => {
      if (Number.isNaN(bound)) return false;
      if (!Number.isFinite(values[i]) || Math.abs(values[i]) > LARGEST)
        return !Object.is(data[i], Math.fround(values[i]));
      return !(Math.abs(data[i] - values[i]) <= bound);
    });
    if (wrong >= 0)
      return `${formula}: ${data[wrong]} instead of ${values[wrong]} (+- ${bounds[wrong]}) at ${wrong}`;
  }
  return undefined;
}

/** Values of all formulas of each case. */
export type Contender = (cases: readonly FormulaCase[]) => Promise<Pick<Tensor, 'data' | 'shape'>[][]>;

function operatorOf({ seed, formulas, operands }: FormulaCase) {
  return elementwise({
    name: `Formula${seed}`,
    operands: operands.map((_, i) => `x${i}`),
    formula: () => Object.fromEntries(formulas.map((formula, i) => [`y${i}`, formula])),
  });
}

/** One program of all cases. Every other one reads images as convolutions with a kernel of 1 leave them. */
export async function engineContender(name: EngineName): Promise<Contender> {
  const engine = await openEngine(name, { threads: 1 });
  return async (cases) => {
    const graph = new Graph('training');
    const results: Record<string, Value> = {};
    const feeds: Record<string, Tensor> = {};
    for (const each of cases) {
      const inputs = each.operands.map((tensor, i) => {
        const input = graph.input(`${each.seed}/${i}`, tensor, 'batch');
        feeds[`${each.seed}/${i}`] = tensor;
        const isImage = tensor.shape.length === 4 && !each.special && each.seed % 2 === 0;
        return isImage ? throughConvolution(input) : input;
      });
      graph.add(operatorOf(each), inputs as never, {}).forEach((value, i) => {
        results[`${each.seed}/y${i}`] = value;
      });
    }
    const program = toProgram('random formulas', graph, results, new Map());
    const state = engine.createState([]);
    const executable = await engine.compile(program, state);
    const found = await executable.run(feeds);
    executable.dispose();
    state.dispose();
    return cases.map(({ seed, formulas }) => formulas.map((_, i) => found[`${seed}/y${i}`]));
  };
}

function throughConvolution(x: Value): Value {
  const channels = x.shape[1];
  const ones = floatTensor([channels, 1, 1, 1], new Float32Array(channels).fill(1));
  return conv(x, x.graph.constant(ones), undefined, { group: channels } as never);
}

/** A formula and all that it is made of. */
function partsOf(formula: Expression): Expression[] {
  return formula.kind === 'call' ? [formula, ...formula.inputs.flatMap(partsOf)] : [formula];
}

/** Finite differences where they exist, against the gradients. */
export function differencesComplaint({
  formulas: [formula, ...gradients],
  operands,
  shape,
  special,
}: FormulaCase) {
  if (special) return undefined;
  const count = operands.length - 2;
  const own = operands
    .slice(0, count)
    .map((tensor) =>
      Float64Array.from(broadcastOffsets(tensor.shape, shape), (offset) => tensor.data[offset]),
    );
  const size = sizeOf(shape);
  const evaluated = (f: Expression, elements: readonly ArrayLike<number>[]) => {
    const [values] = evaluate([f], elements, size);
    return typeof values === 'number' ? new Float64Array(size).fill(values) : values;
  };
  const y = evaluated(formula, own);
  const parts = partsOf(formula).map((part) => evaluated(part, own));
  const ones = new Float64Array(size).fill(1);
  for (let k = 0; k < count; k++) {
    const exact = evaluated(gradients[k], [...own, ones, y]);
    const slope = (step: number) => {
      const moved = (by: number) =>
        evaluated(
          formula,
          own.map((values, i) => (i === k ? values.map((value) => value + by) : values)),
        );
      const [above, below] = [moved(step), moved(-step)];
      return ones.map((_, i) => (above[i] - below[i]) / (2 * step));
    };
    const [wide, narrow] = [slope(1e-4), slope(1e-5)];
    for (let i = 0; i < size; i++) {
      if (parts.some((part) => !Number.isFinite(part[i]))) continue;
      const scale = 1e-3 * (Math.abs(narrow[i]) + Math.abs(y[i]) * 1e-3 + 1e-3);
      if (!(Math.abs(wide[i] - narrow[i]) <= 0.1 * scale)) continue;
      if (!(Math.abs(exact[i] - narrow[i]) <= scale))
        return `gradient ${k} of ${formatExpression(formula)}: ${exact[i]} instead of ${narrow[i]} at ${own.map((values) => values[i])}: ${formatExpression(gradients[k])}`;
    }
  }
  return undefined;
}

const TOGETHER = 25;

/**
 * Reports every difference, and gives their number.
 * @param names engines, or `differences` for the gradients
 */
export async function compareFormulas(
  first: number,
  count: number,
  names: readonly string[],
  log: (line: string) => void,
): Promise<number> {
  const engines = names.filter((name) => name !== 'differences');
  const contenders = await Promise.all(
    engines.map(async (name) => [name, await engineContender(name as EngineName)] as const),
  );
  return compareWith(first, count, { contenders, differences: names.includes('differences') }, log);
}

/** As `compareFormulas`, with contenders by name. */
export async function compareWith(
  first: number,
  count: number,
  {
    contenders = [],
    differences = false,
  }: { readonly contenders?: readonly (readonly [string, Contender])[]; readonly differences?: boolean },
  log: (line: string) => void,
): Promise<number> {
  let found = 0;
  const complain = (seed: number, name: string, text: string | undefined) => {
    if (text === undefined) return;
    found++;
    log(`${name}, seed ${seed}: ${text}`);
  };
  for (let seed = first; seed < first + count; seed += TOGETHER) {
    const cases = Array.from({ length: Math.min(TOGETHER, first + count - seed) }, (_, i) =>
      formulaCase(seed + i),
    );
    const judged = cases.map(judge);
    if (differences) for (const each of cases) complain(each.seed, 'differences', differencesComplaint(each));
    for (const [name, contender] of contenders) {
      const results = await resultsOf(contender, cases);
      cases.forEach((each, i) => {
        const result = results[i];
        complain(
          each.seed,
          name,
          typeof result === 'string'
            ? `${result}: ${formatExpression(each.formulas[0])}`
            : complaint(each, judged[i], result, each.shape),
        );
      });
    }
    log(`from seed ${first} on: ${seed + cases.length - first} formulas compared, ${found} differences`);
  }
  return found;
}

type Results = (Pick<Tensor, 'data' | 'shape'>[] | string)[];

/** Results, or an error where a case does not run. */
async function resultsOf(contender: Contender, cases: readonly FormulaCase[]): Promise<Results> {
  try {
    return await contender(cases);
  } catch (error) {
    if (cases.length === 1) return [(error as Error).message];
    const half = Math.ceil(cases.length / 2);
    return [
      ...(await resultsOf(contender, cases.slice(0, half))),
      ...(await resultsOf(contender, cases.slice(half))),
    ];
  }
}
