// Builds the program of each test case: an operator with its gradients, or an optimizer update.
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

/** A test case, built when it is tested, so that one failure does not affect the others. */
export interface Planned<Built> {
  /** `Conv/dilation` */
  readonly name: string;
  /** The operator or optimizer. */
  readonly subject: string;
  readonly build: () => Built;
}

/** An operator applied once; the loss is the sum of its differentiable outputs times fixed weights. */
export interface BuiltCase {
  readonly name: string;
  readonly attributes: object;
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Indices of the inputs that have a gradient, and the gradients. */
  readonly differentiable: readonly number[];
  readonly gradients: readonly Value[];
  readonly loss: Value;
  /** Weights of the loss; undefined for an output that is not part of it. */
  readonly weights: readonly (FloatTensor | undefined)[];
}

/** An optimizer update, applied in several steps to the variables of an engine. */
export interface BuiltUpdate {
  readonly settings: Readonly<Record<string, number>>;
  readonly program: Program;
  /** The weight, then the optimizer state, initially zero. */
  readonly variables: readonly Variable[];
  readonly weight: FloatTensor;
  readonly steps: readonly Readonly<Record<string, FloatTensor>>[];
}

type PlannedCase = Planned<BuiltCase> & { readonly differences: boolean };

const operatorPlans: readonly PlannedCase[] = Object.entries(operatorCases).flatMap(([subject, row]) => {
  if (!('cases' in row)) return [];
  const operator = anyOperator<object, Operands, Operands>(operators[subject as OperatorName] as never);
  return row.cases.map((testCase: OperatorCase<object>) => ({
    name: `${subject}/${testCase.name}`,
    subject,
    differences: testCase.differences ?? true,
    build: () =>
      buildCase(`${subject}/${testCase.name}`, testCase.inputs, row, (graph, inputs) => ({
        outputs: graph.add(operator, inputs, testCase.attributes),
        attributes: testCase.attributes,
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
  ({ name: title, optimizer, shape }) => {
    const name = `${optimizer.name}/${title}`;
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
  selected: Differentiable,
  apply: (graph: Graph, inputs: Value[]) => { outputs: readonly Value[]; attributes: object },
): BuiltCase {
  const graph = new Graph('training');
  const inputs = declared.map((input, i) => graph.input(`input${i}`, input, input.role));
  const { outputs, attributes } = apply(graph, inputs);
  const chosen = selected.outputs ?? outputs.map((_, i) => i);
  const weights = outputs.map(({ shape }, i) =>
    chosen.includes(i) ? signedTensor(`${name} weights ${i}`, shape) : undefined,
  );
  const loss = weightedSum(outputs, weights);
  const differentiable = (selected.inputs ?? inputs.map((_, i) => i)).filter((i) => i < inputs.length);
  const inputGradients = gradients(
    loss,
    differentiable.map((i) => inputs[i]),
  );
  return {
    name,
    attributes,
    program: toProgram(name, graph, {
      ...numbered('output', outputs),
      ...numbered('gradient', inputGradients),
    }),
    feeds: Object.fromEntries(
      declared.map((input, i) => [`input${i}`, inputTensor(`${name} input ${i}`, input)]),
    ),
    inputs,
    outputs,
    differentiable,
    gradients: inputGradients,
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
