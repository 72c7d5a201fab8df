// From a row of the case table to what is run: the program of an operator with its gradients, and of an update.
import { gradients } from '../src/autodiff/gradients.ts';
import type { Operator } from '../src/graph/graph.ts';
import { Graph, type Value } from '../src/graph/graph.ts';
import type { Variable } from '../src/graph/types.ts';
import { add, mul } from '../src/ops/arithmetic.ts';
import { type OperatorName, operators } from '../src/ops/index.ts';
import { reduceSum } from '../src/ops/reduce-sum.ts';
import { type Program, toProgram } from '../src/program/program.ts';
import { type FloatTensor, scalar, type Tensor } from '../src/tensor/tensor.ts';
import { type OperatorCase, operatorCases, type UpdateCase } from './ops.cases.ts';
import { inputTensor, signedTensor } from './ops.inputs.ts';

/** One row of the table, built when it is tested, so that one that fails does not take the others with it. */
export interface Planned<Built> {
  /** `Conv/dilation` */
  readonly name: string;
  readonly operator: OperatorName;
  readonly build: () => Built;
}

/** An operator applied once; loss = sum over its differentiable outputs of output times fixed weights. */
export interface BuiltCase {
  readonly name: string;
  readonly attributes: object;
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Places of the inputs that have a gradient, and those gradients. */
  readonly differentiable: readonly number[];
  readonly gradients: readonly Value[];
  readonly loss: Value;
  /** The weights of the loss; undefined for an output that is no part of it. */
  readonly weights: readonly (FloatTensor | undefined)[];
}

/** An update applied step after step to variables that an engine keeps. */
export interface BuiltUpdate {
  readonly attributes: object;
  readonly program: Program;
  /** The weight, then what the optimizer keeps, zero at the start. */
  readonly variables: readonly Variable[];
  readonly weight: FloatTensor;
  readonly steps: readonly Readonly<Record<string, FloatTensor>>[];
}

const rows = Object.entries(operatorCases) as [
  OperatorName,
  (typeof operatorCases)[keyof typeof operatorCases],
][];

export const plannedCases: readonly (Planned<BuiltCase> & { readonly differences: boolean })[] = rows.flatMap(
  ([operator, row]) => {
    if (!('cases' in row)) return [];
    const { inputs, outputs } = row;
    return row.cases.map((one) => ({
      name: `${operator}/${one.name}`,
      operator,
      differences: one.differences ?? true,
      build: () => buildCase(operator, one, { inputs, outputs }),
    }));
  },
);

export const plannedUpdates: readonly Planned<BuiltUpdate>[] = rows.flatMap(([operator, row]) => {
  if (!('updates' in row)) return [];
  return row.updates.map((one) => ({
    name: `${operator}/${one.name}`,
    operator,
    build: () => buildUpdate(operator, row, one),
  }));
});

interface Differentiable {
  readonly inputs?: readonly number[] | undefined;
  readonly outputs?: readonly number[] | undefined;
}

function buildCase(operator: OperatorName, one: OperatorCase<object>, declared: Differentiable): BuiltCase {
  const name = `${operator}/${one.name}`;
  const graph = new Graph('training');
  const inputs = one.inputs.map((input, i) => graph.input(`input${i}`, input, input.role));
  const outputs = graph.add(operatorOf(operator), inputs, one.attributes);
  const chosen = declared.outputs ?? outputs.map((_, i) => i);
  const weights = outputs.map(({ shape }, i) =>
    chosen.includes(i) ? signedTensor(`${name} weights ${i}`, shape) : undefined,
  );
  const loss = weightedSum(outputs, weights);
  const differentiable = (declared.inputs ?? inputs.map((_, i) => i)).filter((i) => i < inputs.length);
  const ofInputs = gradients(
    loss,
    differentiable.map((i) => inputs[i]),
  );
  return {
    name,
    attributes: one.attributes,
    program: toProgram(name, graph, { ...numbered('output', outputs), ...numbered('gradient', ofInputs) }),
    feeds: Object.fromEntries(
      one.inputs.map((input, i) => [`input${i}`, inputTensor(`${name} input ${i}`, input)]),
    ),
    inputs,
    outputs,
    differentiable,
    gradients: ofInputs,
    loss,
    weights,
  };
}

function buildUpdate(
  operator: OperatorName,
  { state, scalars }: { readonly state: readonly string[]; readonly scalars: readonly string[] },
  { name: own, shape, attributes, learningRates }: UpdateCase<object>,
): BuiltUpdate {
  const name = `${operator}/${own}`;
  const graph = new Graph('training');
  const variables = ['weight', ...state].map(
    (variable, i): Variable => ({ name: variable, shape, role: i === 0 ? 'parameter' : 'optimizer' }),
  );
  const inputs = [
    ...variables.map((variable) => graph.variable(variable)),
    graph.input('gradient', { shape, dtype: 'float32' }, 'batch'),
    ...scalars.map((input) => graph.input(input, { shape: [], dtype: 'float32' }, 'hyperparameter')),
  ];
  graph.add(operatorOf(operator), inputs, attributes).forEach((next, i) => {
    graph.update(variables[i], next);
  });
  const steps = learningRates.map((rate, i) => ({
    gradient: signedTensor(`${name} gradient ${i}`, shape),
    learningRate: scalar(rate),
    ...(scalars.includes('step') ? { step: scalar(i + 1) } : {}),
  }));
  const weight = signedTensor(`${name} weight`, shape);
  return {
    attributes,
    program: toProgram(name, graph, {}),
    variables,
    weight,
    steps,
  };
}

function operatorOf(name: OperatorName): Operator {
  return operators[name] as unknown as Operator; // A case carries the attributes of its own operator.
}

function weightedSum(outputs: readonly Value[], weights: readonly (FloatTensor | undefined)[]): Value {
  const sums = outputs.flatMap((output, i) => {
    const tensor = weights[i];
    return tensor ? [reduceSum(mul(output, output.graph.constant(tensor)))] : [];
  });
  return sums.reduce((total, sum) => add(total, sum));
}

function numbered(prefix: string, values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}
