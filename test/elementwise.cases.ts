// Test cases of the elementwise operators, run like those of test/ops.cases.ts. A new activation needs a row here.
import type { Value } from '../src/graph/graph.ts';
import {
  add,
  clip,
  div,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mul,
  relu,
  sigmoid,
  silu,
  sqrt,
  sub,
  tanh,
} from '../src/ops/functions.ts';
import { type Input, positive, signed, tied, wide } from './ops.inputs.ts';

export interface ElementwiseCase {
  /** The operator and what the case tests: `Relu/with zeros`. */
  readonly name: string;
  readonly apply: (...inputs: Value[]) => Value;
  readonly inputs: readonly Input[];
  /** False if the operator is not differentiable at the inputs, so that finite differences do not apply. */
  readonly differences?: boolean;
}

/** Inputs at which the operator has a kink. */
const kinks = { inputs: [tied(25)], differences: false };

export const elementwiseCases: readonly ElementwiseCase[] = [
  ...broadcastCases('Add', add),
  ...broadcastCases('Sub', sub),
  ...broadcastCases('Mul', mul),
  ...broadcastCases('Div', div, positive),
  { name: 'Sqrt/images', apply: sqrt, inputs: [positive(2, 3, 3, 5)] },
  { name: 'Sqrt/a scalar', apply: sqrt, inputs: [positive()] },
  { name: 'Relu/images', apply: relu, inputs: [signed(2, 3, 3, 5)] },
  { name: 'Relu/with zeros', apply: relu, ...kinks },
  { name: 'Clip/ReLU6', apply: (x) => clip(x, { min: 0, max: 3 }), inputs: [wide(3, 4, 5)] },
  { name: 'Clip/negative bounds', apply: (x) => clip(x, { min: -2.5, max: -1 }), inputs: [wide(11)] },
  { name: 'Clip/values on the bounds', apply: (x) => clip(x, { min: -1, max: 1 }), ...kinks },
  { name: 'LeakyRelu/images', apply: (x) => leakyRelu(x, 0.2), inputs: [signed(2, 3, 3, 5)] },
  { name: 'LeakyRelu/with zeros', apply: (x) => leakyRelu(x), ...kinks },
  { name: 'Elu/images', apply: (x) => elu(x, 1.5), inputs: [wide(2, 3, 3, 5)] },
  { name: 'Sigmoid/images', apply: sigmoid, inputs: [wide(2, 3, 3, 5)] },
  { name: 'Tanh/images', apply: tanh, inputs: [wide(2, 3, 3, 5)] },
  { name: 'Silu/images', apply: silu, inputs: [wide(2, 3, 3, 5)] },
  { name: 'Gelu/images', apply: gelu, inputs: [wide(2, 3, 3, 5)] },
  { name: 'HardSigmoid/images', apply: hardSigmoid, inputs: [wide(2, 3, 3, 5)] },
  { name: 'HardSwish/images', apply: hardSwish, inputs: [wide(2, 3, 3, 5)] },
];

function broadcastCases(
  operator: string,
  apply: (a: Value, b: Value) => Value,
  second = signed,
): ElementwiseCase[] {
  const cases: [string, Input, Input][] = [
    ['same shape', signed(2, 3, 5), second(2, 3, 5)],
    ['channels', signed(2, 3, 4, 5), second(3, 1, 1)],
    ['both repeated', signed(2, 1, 5), second(3, 1)],
    ['first of lower rank', signed(4), second(3, 4)],
    ['with a scalar', signed(2, 3), second()],
    ['two scalars', signed(), second()],
  ];
  return cases.map(([name, ...inputs]) => ({ name: `${operator}/${name}`, apply, inputs }));
}
