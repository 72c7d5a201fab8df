// Compares kernels with the operators' own computations, for the tests beside them.
import { expect } from 'vitest';
import type { KernelRule, Want } from '../src/engines/native/compiler/kernel.ts';
import { type Layout, noHalo } from '../src/engines/native/compiler/layout.ts';
import type { Operator } from '../src/graph/graph.ts';
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
export function agreement<A extends object>(
  name: string,
  operator: Operator<A>,
  rule: KernelRule<A>,
  inputs: readonly Tensor[],
  attributes: A,
  further: Partial<KernelCase> = {},
): Agreement {
  const kernel = { rule, attributes, inputs, outputs: operator.infer(inputs, attributes), ...further };
  return { name, kernel: kernel as unknown as KernelCase, expected: run(operator, inputs, attributes) };
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
