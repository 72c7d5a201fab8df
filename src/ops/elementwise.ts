// Elementwise operators: one formula each, from which shape rule, reference computation, gradient and engines' code follow.

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
import { broadcastPlaces } from './places.ts';
import { reduceTo } from './reduce-sum.ts';

type Floats = readonly 'float32'[];

/** An operator whose outputs' elements are functions of the same elements of its inputs, which broadcast. */
export interface ElementwiseOperator<
  A extends object = object,
  I extends Floats = Floats,
  O extends Floats = ['float32'],
> extends Operator<A, I, O> {
  formula(attributes: A): readonly Expression[];
}

/** A float operand for each name. */
type OperandsNamed<Names extends readonly string[]> = { readonly [K in keyof Names]: 'float32' };

type Output = Expression | Readonly<Record<string, Expression>>;

export interface ElementwiseDeclaration<Names extends readonly string[], A extends object, R extends Output> {
  /** ONNX's name where ONNX has the operator. */
  readonly name: string;
  /** What the inputs are called, in their order. */
  readonly operands: Names;
  /**
   * The output from one element of each input, written with the builders of formulas (`max`, `where`, ...); several outputs
   * by name.
   */
  formula(operands: Readonly<Record<Names[number], Expression>>, attributes: A): R;
  /** Fails unless the attributes are valid. */
  check?(attributes: A): void;
}

/**
 * An operator from its formula. It is differentiable if it has one output, and runs on every engine.
 *
 *     const Softsign = elementwise({ name: 'Softsign', operands: ['x'], formula: ({ x }) => divide(x, add(1, abs(x))) });
 *     const softsign = (x: Value) => x.graph.apply(Softsign, [x], {});
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
  const places = Object.fromEntries(operands.map((each, i) => [each, operand(i)]));
  const outputs = (attributes: A): readonly Expression[] => {
    const result: Output = formula(places as Record<Names[number], Expression>, attributes);
    return isExpression(result) ? [result] : Object.values(result);
  };
  const operator: unknown = elementwiseOperator(name, operands, outputs, check);
  return operator as ReturnType<typeof elementwise<Names, R, A>>; // As many operands as names, outputs as in the formula.
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

/** Elements computed at once: enough to make the walk over the formula cheap, few enough for the cache. */
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

/** How the elements from `start` to `end` of a tensor are read when it is broadcast to `shape`. */
function reader(tensor: FloatTensor, shape: Shape): (start: number, end: number) => Elements {
  const { data } = tensor;
  if (data.length === 1) return () => data[0];
  if (sameShape(tensor.shape, shape)) return (start, end) => data.subarray(start, end);
  const places = broadcastPlaces(tensor.shape, shape);
  return (start, end) => Float64Array.from(places.subarray(start, end), (place) => data[place]);
}

/** The gradient of each input as an elementwise operator of its own; of a sum it is the output's gradient itself. */
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

/** `formula` of `values`, as an operator of those that it reads, with the one at `first` in front. */
function applyFormula(
  name: string,
  formula: Expression,
  values: readonly Value[],
  first: number,
  attributes: object,
): Value {
  if (formula.kind === 'operand') return values[formula.index];
  const used = operandsOf(formula).sort((a, b) => Number(b === first) - Number(a === first));
  const places = values.map((_, i) => operand(used.indexOf(i)));
  const formulas = [compose(formula, places)];
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
