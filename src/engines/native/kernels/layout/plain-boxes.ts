// Joining, cutting and padding of row-major tensors.
import { type Shape, sizeOf, stridesOf } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Operand, Request } from '../../compiler/kernel.ts';
import { clearByFirst } from '../lanes.ts';
import { itemCount, mergeLoops, offsetsAt, splitInnermost } from '../loop-nest.ts';
import { type Arrangement, type Box, type Grid, leavesGaps } from './arrangement.ts';

export function plainBoxes({ inputs, outputs, target }: Request<object>, arrangement: Arrangement): Kernel {
  const [y] = outputs as [Operand];
  const size = sizeOf(y.shape);
  const fill = code`
    {
      CHUNK(${size}, first, end);
      for (long i = first; i < end; i++) y[i] = ${literal(arrangement.background)};
      pool->barrier(pool);
    }
  `;
  const body = code`
    ${leavesGaps(arrangement, y.shape) ? fill : ''}
    ${arrangement.boxes.map((box) => copyBox(box, inputs[box.input].shape, y.shape)).join('')}
    ${clearByFirst('y', size, target)}
  `;
  return { code: kernelFunction([...inputs.map((_, i) => `const float *x${i}`), 'float *y'], body) };
}

/** Rows of the box by all threads, or parts of its only row. */
function copyBox({ input, extents, from, to }: Box, source: Shape, result: Shape): string {
  const strides = [walk(from, source), walk(to, result)];
  const { outer, inner } = splitInnermost(mergeLoops({ extents, strides }));
  const [width] = inner.extents as [number];
  const [fromStep, toStep] = inner.strides.map(([stride]) => stride) as [number, number];
  const rows = itemCount(outer);
  const pointers = (places: boolean) => code`
    const float *from = x${input} + ${start(from, source)}${places ? ' + x_offset' : ''};
    float *to = y + ${start(to, result)}${places ? ' + y_offset' : ''};
  `;
  const dense = width === 1 || (fromStep === 1 && toStep === 1);
  const copy = (begin: string, end: string) =>
    dense
      ? `memcpy(to + ${begin}, from + ${begin}, (${end} - ${begin}) * sizeof(float));`
      : `for (long i = ${begin}; i < ${end}; i++) to[i * ${toStep}L] = from[i * ${fromStep}L];`;
  if (rows === 1) {
    return code`
      {
        CHUNK(${width}, first, end);
        ${pointers(false)}
        ${copy('first', 'end')}
      }
    `;
  }
  return code`
    {
      CHUNK(${rows}, first, end);
      for (long item = first; item < end; item++) {
        ${offsetsAt(outer, ['x', 'y'], 'item')}
        ${pointers(true)}
        ${copy('0', String(width))}
      }
    }
  `;
}

function walk({ steps }: Grid, shape: Shape): number[] {
  return stridesOf(shape).map((stride, axis) => stride * steps[axis]);
}

function start({ starts }: Grid, shape: Shape): number {
  return stridesOf(shape).reduce((sum, stride, axis) => sum + stride * starts[axis], 0);
}
