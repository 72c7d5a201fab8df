// Elementwise operators, each declared by one formula; shape rule, reference computation, gradient and engine
// code derive from it.

import { ShapeError, UsageError } from '../base/errors.ts';
import { gradient } from '../expressions/derivative.ts';
import { type Elements, evaluate } from '../expressions/evaluate.ts';
import { type Expression, operand, operandsOf } from '../expressions/expression.ts';
import { compose } from '../expressions/simplify.ts';
import type { AnyOperator, GradientRequest, InputGradients, Operator, Value } from '../graph/graph.ts';
import type { Computation, ValueType } from '../graph/types.ts';
import { broadcastShapes, type Shape, sameShape } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { checkFloats } from './check.ts';
import { broadcastOffsets } from './offsets.ts';
import { reduceTo } from './reduce-sum.ts';

type Floats = readonly 'float32'[];

/** An operator that applies a formula to each element of its inputs, which broadcast. */
export interface ElementwiseOperator<
  A extends object = object,
  I extends Floats = Floats,
  O extends Floats = ['float32'],
> extends Operator<A, I, O> {
  /** One expression per output. */
  formula(attributes: A): readonly Expression[];
}

/** A float operand for each name. */
type OperandsNamed<Names extends readonly string[]> = { readonly [K in keyof Names]: 'float32' };

type Output = Expression | Readonly<Record<string, Expression>>;

/** What `elementwise` makes an operator from. */
export interface ElementwiseDeclaration<Names extends readonly string[], A extends object, R extends Output> {
  /** ONNX's name where ONNX has the operator. */
  readonly name: string;
  /** Names of the inputs, in order. */
  readonly operands: Names;
  /** The output as a function of one element of each input, written with `expressions`; several outputs as an object. */
  formula(operands: Readonly<Record<Names[number], Expression>>, attributes: A): R;
  /** @throws ShapeError if the attributes are invalid */
  check?(attributes: A): void;
}

/**
 * Creates an operator from its formula. It runs on every engine, and is differentiable if it has one output.
 * @example
 * const { abs, add, divide } = expressions;
 * const Softsign = elementwise({ name: 'Softsign', operands: ['x'], formula: ({ x }) => divide(x, add(1, abs(x))) });
 * const softsign = (x: Value) => x.graph.apply(Softsign, [x], {});
 */
export function elementwise<
  const Names extends readonly string[],
  R extends Output,
  A extends object = Record<never, never>,
>({
  name,
  operands,
  formula,
  check,
}: ElementwiseDeclaration<Names, A, R>): ElementwiseOperator<
  A,
  OperandsNamed<Names>,
  R extends Expression ? ['float32'] : Floats
> {
  const elements = Object.fromEntries(operands.map((each, i) => [each, operand(i)]));
  const outputs = (attributes: A): readonly Expression[] => {
    const result: Output = formula(elements as Record<Names[number], Expression>, attributes);
    return isExpression(result) ? [result] : Object.values(result);
  };
  const operator: unknown = elementwiseOperator(name, operands, outputs, check);
  // The numbers of operands and outputs follow from the names and the formula.
  return operator as ReturnType<typeof elementwise<Names, R, A>>;
}

export function isElementwise(operator: AnyOperator): operator is AnyOperator & ElementwiseOperator {
  return 'formula' in operator;
}

function isExpression(result: Output): result is Expression {
  return typeof result.kind === 'string';
}

function elementwiseOperator<A extends object>(
  name: string,
  operands: readonly string[],
  formula: (attributes: A) => readonly Expression[],
  check?: (attributes: A) => void,
): ElementwiseOperator<A, Floats, Floats> {
  return {
    name,
    formula,
    infer(inputs, attributes) {
      checkFloats(name, inputs, operands.length);
      check?.(attributes);
      const type: ValueType = { shape: broadcast(name, inputs), dtype: 'float32' };
      return formula(attributes).map(() => type);
    },
    compute: ({ attributes, ...tensors }) => compute(formula(attributes), tensors),
    gradient: (request) => inputGradients(name, operands, formula(request.attributes), request),
  };
}

function broadcast(operator: string, inputs: readonly ValueType[]): Shape {
  try {
    return inputs.map(({ shape }) => shape).reduce(broadcastShapes);
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${operator}: ${error.message}`) : error;
  }
}

/** Elements computed at once: enough to amortize the walk over the formula, few enough for the cache. */
const CHUNK = 4096;

function compute(
  formulas: readonly Expression[],
  { inputs, outputs }: Omit<Computation<object, Floats, Floats>, 'attributes'>,
): void {
  const [{ shape, data }] = outputs;
  const readers = inputs.map((input) => reader(input, shape));
  for (let start = 0; start < data.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, data.length);
    const results = evaluate(
      formulas,
      readers.map((read) => read(start, end)),
      end - start,
    );
    results.forEach((result, i) => {
      if (typeof result === 'number') outputs[i].data.fill(result, start, end);
      else outputs[i].data.set(result, start);
    });
  }
}

/** Reads the elements from `start` to `end` of a tensor broadcast to `shape`. */
function reader(tensor: FloatTensor, shape: Shape): (start: number, end: number) => Elements {
  const { data } = tensor;
  if (data.length === 1) return () => data[0];
  if (sameShape(tensor.shape, shape)) return (start, end) => data.subarray(start, end);
  const offsets = broadcastOffsets(tensor.shape, shape);
  return (start, end) => Float64Array.from(offsets.subarray(start, end), (offset) => data[offset]);
}

/**
 * The gradient of each input as another elementwise operator, or the output gradient itself where that is the formula.
 */
function inputGradients(
  name: string,
  operands: readonly string[],
  formulas: readonly Expression[],
  { inputs, outputs, attributes, outputGradients, needsGradient }: GradientRequest<object, Floats, Floats>,
): InputGradients {
  const [dy] = outputGradients;
  if (formulas.length > 1 || !dy)
    throw new UsageError(`${name} has several outputs and is not differentiable.`);
  const values = [...inputs, dy, outputs[0]];
  const [outputGradient, output] = [operand(inputs.length), operand(inputs.length + 1)];
  return operands.map((each, i) => {
    const formula = gradient(formulas[0], i, { outputGradient, output });
    if (!needsGradient[i] || formula.kind === 'constant') return undefined;
    const gradientName = operands.length === 1 ? `${name}Grad` : `${name}Grad${capitalized(each)}`;
    return reduceTo(applyFormula(gradientName, formula, values, inputs.length, attributes), inputs[i].shape);
  });
}

/** Applies `formula` as an operator of the `values` that it reads, the one at index `first` in front. */
function applyFormula(
  name: string,
  formula: Expression,
  values: readonly Value[],
  first: number,
  attributes: object,
): Value {
  if (formula.kind === 'operand') return values[formula.index];
  const used = operandsOf(formula).sort((a, b) => Number(b === first) - Number(a === first));
  const renumbered = values.map((_, i) => operand(used.indexOf(i)));
  const formulas = [compose(formula, renumbered)];
  const operator = elementwiseOperator<object>(name, used.map(String), () => formulas);
  return values[first].graph.add(
    operator,
    used.map((i) => values[i]),
    attributes,
  )[0];
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
