// Weights of convolutions in another layout.
import { sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Operand, Request, Target } from '../../compiler/kernel.ts';
import { blocksOf, type Layout } from '../../compiler/layout.ts';
import { clearByFirst } from '../lanes.ts';

/** Extents of weights `[K, C, U, V]`, with U V as one. */
interface Filter {
  readonly outputs: number;
  readonly inputs: number;
  readonly taps: number;
}

/** Between plain, filter and depthwise: loops in the order of the result over the places of `NAME_place`. */
export function reorderFilter({ inputs: [x], outputs: [y], target }: Request<object>): Kernel {
  const [outputs, inputs, height, width] = x.shape as readonly [number, number, number, number];
  const filter = { outputs, inputs, taps: height * width };
  const clear = y.layout.kind === 'plain' ? clearByFirst('y', sizeOf(y.shape), target) : '';
  const body = code`
    ${writeLoops(y.layout, filter, target)}
    ${clear}
  `;
  return {
    code: `${placeFunction(x, filter, target)}${kernelFunction(['const float *x', 'float *y'], body)}`,
  };
}

/** `NAME_place(k, c, tap)`: where the input keeps a weight. */
function placeFunction({ layout }: Operand, filter: Filter, { lanes }: Target): string {
  return code`
    static inline long NAME_place(long k, long c, long tap) {
      return ${placeIn(layout, filter, lanes)};
    }
  `;
}

function placeIn(layout: Layout, { inputs, taps }: Filter, lanes: number): string {
  if (layout.kind === 'depthwise') return `(k / ${lanes} * ${taps} + tap) * ${lanes} + k % ${lanes}`;
  if (layout.kind !== 'filter') return `(k * ${inputs} + c) * ${taps} + tap`;
  const wide = lanes * layout.vectors;
  const block = `k / ${wide} * ${blocksOf(inputs, lanes)} + c / ${lanes}`;
  return `(((${block}) * ${taps} + tap) * ${lanes} + c % ${lanes}) * ${wide}L + k % ${wide}`;
}

function writeLoops(layout: Layout, filter: Filter, { lanes }: Target): string {
  if (layout.kind === 'filter') return filterLoops(filter, lanes, lanes * layout.vectors);
  if (layout.kind === 'depthwise') return depthwiseLoops(filter, lanes);
  const { outputs, inputs, taps } = filter;
  return code`
    CHUNK(${outputs * inputs}, first, end);
    for (long item = first; item < end; item++) {
      const long k = item / ${inputs}, c = item % ${inputs};
      for (long tap = 0; tap < ${taps}; tap++) y[item * ${taps} + tap] = x[NAME_place(k, c, tap)];
    }
  `;
}

function filterLoops({ outputs, inputs, taps }: Filter, lanes: number, wide: number): string {
  const inputBlocks = blocksOf(inputs, lanes);
  return code`
    CHUNK(${blocksOf(outputs, wide) * inputBlocks * taps * lanes}, first, end);
    for (long item = first; item < end; item++) {
      const long tap = item / ${lanes} % ${taps}, block = item / ${lanes * taps};
      const long c = block % ${inputBlocks} * ${lanes} + item % ${lanes}, k = block / ${inputBlocks} * ${wide};
      for (long lane = 0; lane < ${wide}; lane++) {
        const int inside = c < ${inputs} && k + lane < ${outputs};
        y[item * ${wide} + lane] = inside ? x[NAME_place(k + lane, c, tap)] : 0.0f;
      }
    }
  `;
}

function depthwiseLoops({ outputs, taps }: Filter, lanes: number): string {
  return code`
    CHUNK(${blocksOf(outputs, lanes) * taps}, first, end);
    for (long item = first; item < end; item++) {
      const long k = item / ${taps} * ${lanes}, tap = item % ${taps};
      for (long lane = 0; lane < ${lanes}; lane++) {
        y[item * ${lanes} + lane] = k + lane < ${outputs} ? x[NAME_place(k + lane, 0, tap)] : 0.0f;
      }
    }
  `;
}
