// Lowering of elementwise operators: their formulas in ONNX operators.
import { type Expression, formatExpression, operandsOf } from '../../../expressions/expression.ts';
import type { FunctionName } from '../../../expressions/functions.ts';
import { broadcastShapes, type Shape, sameShape, sizeOf } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import { elementTypes } from '../graph.ts';
import type { Operand } from './lowering.ts';

type Type = 'float32' | 'float64';

/** Adds the nodes of `formulas` and returns the name of each value, which has the shape of the output. */
export function lowerFormulas(
  builder: ModelBuilder,
  formulas: readonly Expression[],
  operands: readonly Operand[],
  outputs: readonly { readonly shape: Shape }[],
): string[] {
  const lowering = new FormulaLowering(builder, operands);
  return formulas.map((formula, i) => {
    const name = lowering.lower(formula, 'float32');
    const read = operandsOf(formula).map((index) => operands[index].shape);
    const isWhole = sameShape(read.reduce(broadcastShapes, []), outputs[i].shape);
    return isWhole ? name : builder.expand(name, outputs[i].shape);
  });
}

class FormulaLowering {
  private readonly builder: ModelBuilder;
  private readonly operands: readonly Operand[];
  private readonly known = new Map<string, string>();

  constructor(builder: ModelBuilder, operands: readonly Operand[]) {
    this.builder = builder;
    this.operands = operands;
  }

  /** The name of the expression's value; common subexpressions are computed once. */
  lower(expression: Expression, type: Type): string {
    const key = `${type} ${formatExpression(expression)}`;
    const name = this.known.get(key) ?? this.emit(expression, type);
    this.known.set(key, name);
    return name;
  }

  private emit(expression: Expression, type: Type): string {
    const { builder } = this;
    if (expression.kind === 'constant') return this.constant(expression.value, type);
    if (expression.kind === 'operand') {
      const { name } = this.operands[expression.index];
      return type === 'float32' ? name : builder.cast(name, elementTypes.float64);
    }
    if (type === 'float32' && this.isScalarAmongTensors(expression))
      return builder.cast(this.lower(expression, 'float64'), elementTypes.float32);
    const [name, inputs] = type === 'float32' ? fused(expression) : plain(expression);
    return emitters[name](
      builder,
      inputs.map((input) => this.lower(input, type)),
      type,
    );
  }

  /**
   * Whether an expression reads scalars only, while other operands are tensors. Double precision costs nothing here, and
   * Adam's 1 - 0.999^step needs it.
   */
  private isScalarAmongTensors(expression: Expression): boolean {
    const isScalar = ({ shape }: Operand) => sizeOf(shape) === 1;
    return (
      !this.operands.every(isScalar) &&
      operandsOf(expression).every((index) => isScalar(this.operands[index]))
    );
  }

  private constant(value: number, type: Type): string {
    if (type === 'float32') return this.builder.float(value);
    return this.builder.constant({ type, shape: [], data: Float64Array.of(value) });
  }
}

type Call = Extract<Expression, { kind: 'call' }>;
type Emitted = readonly [keyof typeof emitters, readonly Expression[]];

function plain({ function: name, inputs }: Call): Emitted {
  return [name, inputs];
}

/** The ONNX operator for a part of a formula, if any: runtimes have fast code for it. */
function fused(expression: Call): Emitted {
  const { function: name, inputs } = expression;
  const [a, b, x, y] = inputs;
  if (name === 'maximum' && isConstant(b, 0)) return ['relu', [a]];
  if (name === 'minimum' && b.kind === 'constant' && a.kind === 'call' && a.function === 'maximum') {
    const [inner, low] = a.inputs;
    if (low.kind === 'constant') return ['clip', [inner, low, b]];
  }
  // A product with 0 must be 0: operands are finite, but log(x) below 0 is not.
  if (name === 'select' && x.kind === 'operand' && isConstant(b, 0) && isConstant(y, 0))
    return ['whereAboveZero', [a, x]];
  return plain(expression);
}

function isConstant(expression: Expression, value: number): boolean {
  return expression.kind === 'constant' && expression.value === value;
}

/** Adds nodes that compute a function of `inputs`, and returns the name of the result. */
type Emitter = (builder: ModelBuilder, inputs: readonly string[], type: Type) => string;

const node =
  (operator: string): Emitter =>
  (builder, inputs) =>
    builder.node(operator, inputs);

/** min(max(slope x, 0), 1) with this slope is a step function: 1 for every normal number above 0. */
const STEP_SLOPE = 3e38;

const emitters = {
  add: node('Add'),
  subtract: node('Sub'),
  multiply: node('Mul'),
  divide: node('Div'),
  negate: node('Neg'),
  absolute: node('Abs'),
  sign: node('Sign'),
  maximum: node('Max'),
  minimum: node('Min'),
  squareRoot: node('Sqrt'),
  exponential: node('Exp'),
  logarithm: node('Log'),
  power: node('Pow'),
  hyperbolicTangent: node('Tanh'),
  /** 1 / (1 + exp(-x)): ONNX Runtime's own Sigmoid is 0 below -18. */
  logistic: (builder, [x], type) => {
    const power = builder.node('Exp', [builder.node('Neg', [x])]);
    const one =
      type === 'float32' ? builder.float(1) : builder.constant({ type, shape: [], data: Float64Array.of(1) });
    return builder.node('Reciprocal', [builder.add(power, one)]);
  },
  select: (builder, [larger, smaller, yes, no]) =>
    builder.node('Where', [builder.node('Greater', [larger, smaller]), yes, no]),
  relu: node('Relu'),
  clip: node('Clip'),
  /** x where a > 0, else 0: faster than Greater and Where. */
  whereAboveZero: (builder, [a, x]) =>
    builder.multiply(
      x,
      builder.node('HardSigmoid', [a], { alpha: { float: STEP_SLOPE }, beta: { float: 0 } }),
    ),
} as const satisfies Record<FunctionName, Emitter> & Readonly<Record<string, Emitter>>;

/** 1 / (1 + exp(-x)) */
export function sigmoid(builder: ModelBuilder, x: string): string {
  return emitters.logistic(builder, [x], 'float32');
}
