// Random formulas in kernels of every width and layout, and on the native engine. More of them: FOVEA_FUZZ=2000.
import { expect } from 'vitest';
import type { KernelRule, Target } from '../src/engines/native/compiler/kernel.ts';
import { batch, type Layout } from '../src/engines/native/compiler/layout.ts';
import { elementwiseRule } from '../src/engines/native/kernels/elementwise/elementwise.ts';
import { type Contender, compareFormulas, compareWith } from './expressions.fuzz.ts';
import { image, uneven } from './kernel-agreement.ts';
import { runKernels, testTargets } from './kernels.ts';
import { nativeTest } from './native.ts';

const COUNT = Number(process.env.FOVEA_FUZZ ?? 50);
const FIRST = Number(process.env.FOVEA_FUZZ_FIRST ?? 0);

/** Operands are images or batches where they can be, or plain, by their seed; every other seed has halos that differ. */
const kernels =
  (target: Target): Contender =>
  (cases) =>
    runKernels(
      cases.map(({ seed, formulas, operands, shape }) => {
        const layout: Layout = shape[0] === 16 ? batch : image;
        const rule = elementwiseRule as unknown as KernelRule;
        return {
          rule: seed % 2 === 0 ? uneven(rule) : rule,
          attributes: { operator: 'Formula', formulas },
          inputs: operands,
          outputs: formulas.map(() => ({ shape, dtype: 'float32' as const })),
          layouts: operands.map((tensor, i) =>
            tensor.shape.length === 4 && (seed >> (1 + (i % 3))) % 2 === 0 ? layout : undefined,
          ),
        };
      }),
      target,
    );

nativeTest.each(testTargets)('random formulas in kernels of $lanes lanes', async (target) => {
  const lines: string[] = [];
  const contenders = [['kernels', kernels(target)]] as const;
  const found = await compareWith(FIRST, COUNT, { contenders }, (line) => lines.push(line));
  expect(found, lines.join('\n')).toBe(0);
});

nativeTest('random formulas on the native engine', async () => {
  const lines: string[] = [];
  const found = await compareFormulas(FIRST, COUNT, ['native'], (line) => lines.push(line));
  expect(found, lines.join('\n')).toBe(0);
});
