// Softmax along any axis, and its gradient.
import type { SoftmaxAttributes } from '../../../../ops/softmax.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { exponential } from '../elementwise/math-functions.ts';
import { clearByFirst, partialAccess } from '../lanes.ts';
import { exponentialsFunction } from './softmax-rows.ts';

/** `[outer, classes, inner]` */
interface Lines {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

export const softmaxRule: KernelRule<SoftmaxAttributes> = {
  layouts: () => ({ inputs: [plain], outputs: [plain] }),
  kernel(request) {
    const lines = linesOf(request.outputs[0].shape, request.attributes);
    return lines.inner === 1 ? softmaxOfRows(lines, request) : softmaxOfColumns(lines, request);
  },
  inPlace: () => [[0, 0]],
};

export const softmaxGradRule: KernelRule<SoftmaxAttributes> = {
  layouts: () => ({ inputs: [plain, plain], outputs: [plain] }),
  kernel: (request) => gradient(linesOf(request.outputs[0].shape, request.attributes), request),
  inPlace: () => [
    [0, 0],
    [1, 0],
  ],
};

function linesOf(shape: Shape, { axis }: SoftmaxAttributes): Lines {
  return { outer: sizeOf(shape.slice(0, axis)), classes: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

function softmaxOfRows({ outer, classes, inner }: Lines, { target }: Request<object>): Kernel {
  const body = code`
    CHUNK(${outer}, first, end);
    for (long row = first; row < end; row++) {
      float *y_row = y + row * ${classes}L;
      float largest;
      const float scale = 1.0f / NAME_exponentials(x + row * ${classes}L, y_row, &largest);
      for (long k = 0; k < ${classes}; k++) y_row[k] *= scale;
    }
    ${clearByFirst('y', outer * classes * inner, target)}
  `;
  return {
    code: `${exponentialsFunction(classes, target)}${kernelFunction(['const float *x', 'float *y'], body)}`,
  };
}

/** A vector of neighboring lines at a time. */
function softmaxOfColumns({ outer, classes, inner }: Lines, { target }: Request<object>): Kernel {
  const body = code`
    ${overColumns({ outer, classes, inner }, target.lanes)}
      const float *from = x + start;
      float *to = y + start;
      vec most = NAME_load(from, count), total = ZERO;
      for (long k = 1; k < ${classes}; k++) {
        const vec value = NAME_load(from + k * ${inner}L, count);
        most = SELECT(value > most, value, most);
      }
      for (long k = 0; k < ${classes}; k++) {
        const vec power = NAME_exp(NAME_load(from + k * ${inner}L, count) - most);
        NAME_store(to + k * ${inner}L, power, count);
        total += power;
      }
      for (long k = 0; k < ${classes}; k++) {
        NAME_store(to + k * ${inner}L, NAME_load(to + k * ${inner}L, count) / total, count);
      }
    }
    ${clearByFirst('y', outer * classes * inner, target)}
  `;
  return { code: `${partialAccess}${exponential}${kernelFunction(['const float *x', 'float *y'], body)}` };
}

function gradient({ outer, classes, inner }: Lines, { target }: Request<object>): Kernel {
  const body = code`
    ${overColumns({ outer, classes, inner }, target.lanes)}
      vec mean = ZERO;
      for (long k = 0; k < ${classes}; k++) {
        const long place = start + k * ${inner}L;
        mean += NAME_load(dy + place, count) * NAME_load(y + place, count);
      }
      for (long k = 0; k < ${classes}; k++) {
        const long place = start + k * ${inner}L;
        NAME_store(dx + place, NAME_load(y + place, count) * (NAME_load(dy + place, count) - mean), count);
      }
    }
    ${clearByFirst('dx', outer * classes * inner, target)}
  `;
  const operands = ['const float *dy', 'const float *y', 'float *dx'];
  return { code: `${partialAccess}${kernelFunction(operands, body)}` };
}

/** The head of a loop over vectors of `count` lines that begin at `start`. */
function overColumns({ outer, classes, inner }: Lines, lanes: number): string {
  const vectors = Math.ceil(inner / lanes);
  return code`
    CHUNK(${outer * vectors}, first, end);
    for (long item = first; item < end; item++) {
      const long column = item % ${vectors} * LANES;
      const long start = item / ${vectors} * ${classes * inner}L + column;
      const long count = ${inner} - column < LANES ? ${inner} - column : LANES;
  `;
}
