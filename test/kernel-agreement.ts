// Compares kernels with the operators' own computations, for the tests beside them.
import { expect } from 'vitest';
import type { KernelRule, Want } from '../src/engines/native/compiler/kernel.ts';
import { type Layout, noHalo } from '../src/engines/native/compiler/layout.ts';
import { elementwiseRule } from '../src/engines/native/kernels/elementwise/elementwise.ts';
import {
  add,
  divide,
  greater,
  max,
  min,
  multiply,
  sigmoid,
  tanh,
  where,
} from '../src/expressions/builders.ts';
import { type Expression, operand } from '../src/expressions/expression.ts';
import { anyOperator, type Operator } from '../src/graph/graph.ts';
import type { Operands } from '../src/graph/types.ts';
import { elementwise } from '../src/ops/elementwise.ts';
import { run } from '../src/ops/run.ts';
import type { Tensor } from '../src/tensor/tensor.ts';
import { type KernelCase, relativeError, runKernels, testTargets, widestTarget } from './kernels.ts';

export interface Agreement {
  readonly name: string;
  readonly kernel: KernelCase;
  readonly expected: readonly Tensor[];
}

export const image: Layout = { kind: 'image', halo: noHalo };

/** The rule with halos that differ from operand to operand and from side to side, as other kernels' wishes would make them. */
export function uneven<A extends object>(rule: KernelRule<A>): KernelRule<A> {
  const widened = <W extends Want>(want: W, i: number): W => {
    if (want.kind !== 'image') return want;
    const [top, left, bottom, right] = want.halo;
    return { ...want, halo: [top + (i % 2), left + ((i + 1) % 3), bottom + 1, right + (i % 3)] };
  };
  return {
    ...rule,
    layouts(request) {
      const { inputs, outputs } = rule.layouts(request);
      return {
        inputs: inputs.map(widened),
        outputs: outputs.map((want, i) => widened(want, i + inputs.length)),
      };
    },
  };
}

/** A kernel that does what one operator does. */
export function agreement<A extends object, I extends Operands, O extends Operands>(
  name: string,
  operator: Operator<A, I, O>,
  rule: KernelRule<A>,
  inputs: readonly Tensor[],
  attributes: A,
  further: Partial<KernelCase> = {},
): Agreement {
  const outputs = anyOperator(operator).infer(inputs, attributes);
  const kernel = { rule, attributes, inputs, outputs, ...further };
  return { name, kernel: kernel as unknown as KernelCase, expected: run(operator, inputs, attributes) };
}

const x = operand(0);
const sixth = divide(min(max(add(x, 3), 0), 6), 6);

/** Formulas of one operand that instructions may finish with: some make something of 0. */
export const activations = {
  relu: max(x, 0),
  relu6: min(max(x, 0), 6),
  leakyRelu: where(greater(x, 0), x, multiply(0.1, x)),
  silu: multiply(x, sigmoid(x)),
  hardSwish: multiply(x, sixth),
  gelu: multiply(
    multiply(0.5, x),
    add(1, tanh(multiply(0.8, add(x, multiply(0.04, multiply(x, multiply(x, x))))))),
  ),
  clipAboveZero: min(max(x, 0.25), 1),
  sigmoid: sigmoid(x),
  hardSigmoid: sixth,
} as const satisfies Readonly<Record<string, Expression>>;

/** The values of formulas, by the reference computation of an elementwise operator; inputs broadcast. */
export function formulaValues(formulas: readonly Expression[], inputs: readonly Tensor[]): Tensor[] {
  const operator = elementwise({
    name: 'Formulas',
    operands: inputs.map((_, i) => `x${i}`),
    formula: () => Object.fromEntries(formulas.map((formula, i) => [`y${i}`, formula])),
  });
  return run(anyOperator(operator), inputs, {});
}

/** The elementwise kernel of formulas. */
export function formulaAgreement(
  name: string,
  formulas: readonly Expression[],
  inputs: readonly Tensor[],
  further: Partial<KernelCase> & { readonly halos?: (rule: KernelRule) => KernelRule } = {},
): Agreement {
  const expected = formulaValues(formulas, inputs);
  const { halos = (rule: KernelRule) => rule, ...others } = further;
  const rule = halos(elementwiseRule as unknown as KernelRule);
  return {
    name,
    kernel: { rule, attributes: { operator: name, formulas }, inputs, outputs: expected, ...others },
    expected,
  };
}

/** Runs all cases on every target and compares with what is expected. */
export async function checkAgreement(cases: readonly Agreement[], tolerance = 1e-5): Promise<void> {
  const kernels = cases.map(({ kernel }) => kernel);
  const results = await Promise.all(testTargets.map((target) => runKernels(kernels, target)));
  testTargets.forEach(({ lanes }, t) => {
    cases.forEach(({ name, expected }, i) => {
      const errors = expected.map((tensor, output) => relativeError(results[t][i][output], tensor));
      expect(Math.max(...errors), `${name}, ${lanes} lanes, outputs ${errors}`).toBeLessThan(tolerance);
    });
  });
}

/** Fails unless the kernels give the same bits in two runs by several threads. */
export async function checkRepeatability(cases: readonly Agreement[]): Promise<void> {
  const target = { ...widestTarget, threads: 3 };
  const twice = await runKernels(
    [...cases, ...cases].map(({ kernel }) => kernel),
    target,
  );
  const dataOf = (tensors: readonly Tensor[]) => tensors.map(({ data }) => data);
  cases.forEach(({ name }, i) => {
    expect(dataOf(twice[i]), name).toEqual(dataOf(twice[i + cases.length]));
  });
}
