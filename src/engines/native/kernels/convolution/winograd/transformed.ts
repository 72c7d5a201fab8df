// Weights that stay the same from run to run, transformed once: when, to which layout, and by which kernel.

import type { Shape } from '../../../../../tensor/shape.ts';
import { block, lines } from '../../../compiler/code.ts';
import type { FusedAttributes } from '../../../compiler/instruction.ts';
import type { Kernel, Operand, Target } from '../../../compiler/kernel.ts';
import { blocksOf, type Layout } from '../../../compiler/layout.ts';
import { needsClearing } from '../../lanes.ts';
import { vectorsOf } from '../filter.ts';
import { filterFunction, panelsOf, transformAll, weightsOf } from './filters.ts';
import { chooseTransformed, isMinimal } from './plan.ts';
import { panelOf } from './tiling.ts';

type TransformedLayout = Extract<Layout, { kind: 'winograd' }>;

/** The layout to which the weights of a fused `Conv` are best transformed, if any. */
export function transformedLayout(
  attributes: FusedAttributes['Conv'],
  { x, weight, y }: { readonly x: Shape; readonly weight: Shape; readonly y: Shape },
  target: Target,
): TransformedLayout | undefined {
  const { epilogue, pads } = attributes;
  if (!isMinimal(attributes, weight) || needsClearing(epilogue, weight[0], target)) return undefined;
  const size = chooseTransformed({ input: x, output: y, padStart: [pads[0], pads[1]], target });
  if (!size) return undefined;
  const panel = panelOf(blocksOf(weight[0], target.lanes));
  return { kind: 'winograd', size, panel, vectors: vectorsOf(weight[0], 1, target.lanes) };
}

/** The kernel that makes transformed weights out of those in `filter` layout. */
export function transformKernel(
  { shape }: Operand,
  { size, panel, vectors }: TransformedLayout,
  { lanes }: Target,
): Kernel {
  const [outputs, inputs] = shape.map((channels) => blocksOf(channels, lanes)) as [number, number];
  const panels = panelsOf(size, panel, inputs, outputs, lanes);
  const code = lines(
    filterFunction(weightsOf(shape[1], vectors, lanes), panels, false, lanes),
    block(
      'void NAME(struct pool *pool, int me, float *const *a)',
      'const float *weights = a[0];',
      'float *filters = a[1];',
      transformAll(panels, inputs, lanes),
    ),
  );
  return { code };
}
