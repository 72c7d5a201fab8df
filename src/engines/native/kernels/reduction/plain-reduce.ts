// Sums over any axes of row-major tensors.
import { keptShape, type ReduceAttributes } from '../../../../ops/reduce-sum.ts';
import { type Shape, sizeOf, stridesOf } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Request, Target } from '../../compiler/kernel.ts';
import { clearByFirst, laneTotal, partialAccess } from '../lanes.ts';
import {
  itemCount,
  type LoopNest,
  mergeLoops,
  nestedLoops,
  offsetsAt,
  splitInnermost,
} from '../loop-nest.ts';

/** Runs of this many numbers are summed in single precision, the runs' sums in double precision. */
const RUN = 1024;

/** Loops over the places of the output, and for each of them over what is summed; strides of input and output. */
interface Reduction {
  readonly kept: LoopNest;
  readonly summed: LoopNest;
}

export function plainReduction(
  { attributes, inputs: [x], outputs: [y], target }: Request<ReduceAttributes>,
  divisor: number,
): Kernel {
  const scale = literal(1 / divisor);
  const flops = sizeOf(x.shape);
  const [size, reduction] = [sizeOf(y.shape), split(x.shape, attributes)];
  const neighboursStay = reduction.kept.strides[0].at(-1) === 1;
  const clear = clearByFirst('y', size, target);
  if (size === 1) return { ...totalSum(flops, scale, clear, target), flops };
  const source = neighboursStay
    ? columnSums(reduction, scale, clear, target)
    : rowSums(reduction, scale, clear, target);
  return { code: source, flops };
}

function split(shape: Shape, { axes }: ReduceAttributes): Reduction {
  const [ofX, ofY] = [stridesOf(shape), stridesOf(keptShape(shape, axes))];
  const loops = (chosen: (axis: number) => boolean): LoopNest => {
    const list = shape.map((_, axis) => axis).filter(chosen);
    const pick = (values: readonly number[]) => list.map((axis) => values[axis]);
    return mergeLoops({ extents: pick(shape), strides: [pick(ofX), pick(ofY)] });
  };
  return { kept: loops((axis) => !axes.includes(axis)), summed: loops((axis) => axes.includes(axis)) };
}

/** Where neighbours stay apart: rows are added to each other, for a vector of outputs at a time. */
function columnSums({ kept, summed }: Reduction, scale: string, clear: string, target: Target): string {
  const { outer, inner } = splitInnermost(kept);
  const [width] = inner.extents as [number];
  const [vectors, rest] = [Math.ceil(width / target.lanes), width % target.lanes];
  const store = (count: string | number) =>
    `NAME_store(y_column, NAME_columns(x_column, ${count}) * ${scale}, ${count});`;
  const last = `if (column + LANES > ${width}) ${store(rest)}`;
  const body = code`
    CHUNK(${itemCount(outer) * vectors}, first, end);
    for (long item = first; item < end; item++) {
      const long column = item % ${vectors} * LANES, place = item / ${vectors};
      ${offsetsAt(outer, ['x', 'y'], 'place')}
      const float *x_column = x + x_offset + column;
      float *y_column = y + y_offset + column;
      ${rest > 0 ? `${last}\nelse ${store('LANES')}` : store('LANES')}
    }
    ${clear}
  `;
  return `${partialAccess}${columnsFunction(summed)}${kernelFunction(['const float *x', 'float *y'], body)}`;
}

/** `NAME_columns(x, count)`: sums of the first `count` columns; each run of the innermost loop by itself. */
function columnsFunction(summed: LoopNest): string {
  const { outer, inner } = splitInnermost(summed);
  const run = (offset: string) => code`
    vec sums = ZERO;
    for (long i = 0; i < ${inner.extents[0]}; i++) sums += NAME_load(x + ${offset} + i * ${inner.strides[0][0]}L, count);
    total += sums;
  `;
  return code`
    static inline __attribute__((always_inline)) vec NAME_columns(const float *x, long count) {
      vec total = ZERO;
      {
        ${nestedLoops(outer, 0, run)}
      }
      return total;
    }
  `;
}

/** Where neighbours are added up. */
function rowSums({ kept, summed }: Reduction, scale: string, clear: string, target: Target): string {
  const { outer, inner } = splitInnermost(summed);
  const body = code`
    CHUNK(${itemCount(kept)}, first, end);
    for (long item = first; item < end; item++) {
      ${offsetsAt(kept, ['x', 'y'], 'item')}
      double total = 0;
      ${nestedLoops(outer, 0, (offset) => `total += NAME_run(x + x_offset + ${offset}, ${inner.extents[0]});`)}
      y[y_offset] = total * ${scale};
    }
    ${clear}
  `;
  return `${runFunction(target)}${kernelFunction(['const float *x', 'float *y'], body)}`;
}

/** The sum of all elements: runs are summed by all threads, and joined by the first. */
function totalSum(
  size: number,
  scale: string,
  clear: string,
  target: Target,
): Pick<Kernel, 'code' | 'workspace'> {
  const runs = Math.ceil(size / RUN);
  const body = code`
    CHUNK(${runs}, first, end);
    for (long run = first; run < end; run++) {
      const long left = ${size} - run * ${RUN};
      partial[run] = NAME_run(x + run * ${RUN}, left < ${RUN} ? left : ${RUN});
    }
    pool->barrier(pool);
    if (me == 0) {
      double total = 0;
      for (long run = 0; run < ${runs}; run++) total += partial[run];
      y[0] = total * ${scale};
    }
    ${clear}
  `;
  const operands = ['const float *x', 'float *y', 'float *partial'];
  return { code: `${runFunction(target)}${kernelFunction(operands, body)}`, workspace: runs };
}

/** `NAME_run(x, count)`: the sum of `count` neighbours. */
function runFunction(target: Target): string {
  return code`
    ${partialAccess}
    ${laneTotal(target)}
    static double NAME_run(const float *x, long count) {
      double total = 0;
      for (long start = 0; start < count; start += ${RUN}) {
        const long end = start + ${RUN} < count ? start + ${RUN} : count;
        vec sums = ZERO;
        long i = start;
        for (; i + LANES <= end; i += LANES) sums += LOAD_U(x + i);
        total += NAME_total(sums + NAME_load(x + i, end - i));
      }
      return total;
    }
  `;
}
