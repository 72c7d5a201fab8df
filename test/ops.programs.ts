// From a row of a case table to what is run: the program of an operator with its gradients, and of an update.
import { gradients } from '../src/autodiff/gradients.ts';
import { anyOperator, Graph, type Value } from '../src/graph/graph.ts';
import type { Operands, Variable } from '../src/graph/types.ts';
import { add, mul } from '../src/ops/arithmetic.ts';
import { type OperatorName, operators } from '../src/ops/index.ts';
import { reduceSum } from '../src/ops/reduce-sum.ts';
import type { Optimizer } from '../src/optim/optimizer.ts';
import { type Program, toProgram } from '../src/program/program.ts';
import type { Shape } from '../src/tensor/shape.ts';
import { type FloatTensor, scalar, type Tensor } from '../src/tensor/tensor.ts';
import { elementwiseCases } from './elementwise.cases.ts';
import { type OperatorCase, operatorCases } from './ops.cases.ts';
import { type Input, inputTensor, signedTensor } from './ops.inputs.ts';
import { learningRates, optimizerCases } from './optimizer.cases.ts';

/** One row of a table, built when it is tested, so that one that fails does not take the others with it. */
export interface Planned<Built> {
  /** `Conv/dilation` */
  readonly name: string;
  /** The operator or optimizer. */
  readonly subject: string;
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
  readonly settings: Readonly<Record<string, number>>;
  readonly program: Program;
  /** The weight, then what the optimizer keeps, zero at the start. */
  readonly variables: readonly Variable[];
  readonly weight: FloatTensor;
  readonly steps: readonly Readonly<Record<string, FloatTensor>>[];
}

type PlannedCase = Planned<BuiltCase> & { readonly differences: boolean };

const operatorPlans: readonly PlannedCase[] = Object.entries(operatorCases).flatMap(([subject, row]) => {
  if (!('cases' in row)) return [];
  const operator = anyOperator<object, Operands, Operands>(operators[subject as OperatorName] as never);
  return row.cases.map((one: OperatorCase<object>) => ({
    name: `${subject}/${one.name}`,
    subject,
    differences: one.differences ?? true,
    build: () =>
      buildCase(`${subject}/${one.name}`, one.inputs, row, (graph, inputs) => ({
        outputs: graph.add(operator, inputs, one.attributes),
        attributes: one.attributes,
      })),
  }));
});

const elementwisePlans: readonly PlannedCase[] = elementwiseCases.map(
  ({ name, apply, inputs, differences = true }) => ({
    name,
    subject: name.split('/')[0],
    differences,
    build: () =>
      buildCase(name, inputs, {}, (graph, values) => {
        const outputs = [apply(...values)];
        return { outputs, attributes: graph.nodes[0].attributes };
      }),
  }),
);

export const plannedCases: readonly PlannedCase[] = [...operatorPlans, ...elementwisePlans];

export const plannedUpdates: readonly Planned<BuiltUpdate>[] = optimizerCases.map(
  ({ name: own, optimizer, shape }) => {
    const name = `${optimizer.name}/${own}`;
    return { name, subject: optimizer.name, build: () => buildUpdate(name, optimizer, shape) };
  },
);

interface Differentiable {
  readonly inputs?: readonly number[] | undefined;
  readonly outputs?: readonly number[] | undefined;
}

function buildCase(
  name: string,
  declared: readonly Input[],
  differentiableOnes: Differentiable,
  apply: (graph: Graph, inputs: Value[]) => { outputs: readonly Value[]; attributes: object },
): BuiltCase {
  const graph = new Graph('training');
  const inputs = declared.map((input, i) => graph.input(`input${i}`, input, input.role));
  const { outputs, attributes } = apply(graph, inputs);
  const chosen = differentiableOnes.outputs ?? outputs.map((_, i) => i);
  const weights = outputs.map(({ shape }, i) =>
    chosen.includes(i) ? signedTensor(`${name} weights ${i}`, shape) : undefined,
  );
  const loss = weightedSum(outputs, weights);
  const differentiable = (differentiableOnes.inputs ?? inputs.map((_, i) => i)).filter(
    (i) => i < inputs.length,
  );
  const ofInputs = gradients(
    loss,
    differentiable.map((i) => inputs[i]),
  );
  return {
    name,
    attributes,
    program: toProgram(name, graph, { ...numbered('output', outputs), ...numbered('gradient', ofInputs) }),
    feeds: Object.fromEntries(
      declared.map((input, i) => [`input${i}`, inputTensor(`${name} input ${i}`, input)]),
    ),
    inputs,
    outputs,
    differentiable,
    gradients: ofInputs,
    loss,
    weights,
  };
}

function buildUpdate(name: string, optimizer: Optimizer, shape: Shape): BuiltUpdate {
  const graph = new Graph('training');
  const scalarInput = (input: string) =>
    graph.inputs.get(input) ?? graph.input(input, { shape: [], dtype: 'float32' }, 'hyperparameter');
  const variable = (variableName: string, role: Variable['role']): Variable => ({
    name: variableName,
    shape,
    role,
  });
  const weight = variable('weight', 'parameter');
  const slots = optimizer.slots.map((slot) => variable(slot, 'optimizer'));
  const next = optimizer.update({
    weight: graph.variable(weight),
    gradient: graph.input('gradient', { shape, dtype: 'float32' }, 'batch'),
    learningRate: scalarInput('learningRate'),
    step: () => scalarInput('step'),
    slots: Object.fromEntries(slots.map((slot) => [slot.name, graph.variable(slot)])),
    decays: true,
  });
  graph.update(weight, next.weight);
  for (const slot of slots) graph.update(slot, next.slots[slot.name]);
  const steps = learningRates.map((rate, i) => ({
    gradient: signedTensor(`${name} gradient ${i}`, shape),
    learningRate: scalar(rate),
    ...(graph.inputs.has('step') && { step: scalar(i + 1) }),
  }));
  return {
    settings: optimizer.settings,
    program: toProgram(name, graph, {}),
    variables: [weight, ...slots],
    weight: signedTensor(`${name} weight`, shape),
    steps,
  };
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
