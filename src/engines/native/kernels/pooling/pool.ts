// Loops that pooling kernels share: over output positions forward, and over the windows of whole planes backward.

import { last } from '../../../../base/lookup.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Operand, Target } from '../../compiler/kernel.ts';
import { type Image, readImage, writtenImage } from '../rows.ts';
import {
  countAt,
  coverAll,
  firstAt,
  inverseDivisorAt,
  overlap,
  specialized,
  type Windows,
  windowTables,
} from './windows.ts';

export interface Pooling {
  readonly windows: Windows;
  /** C statements that take pixel `value` of a window into `result`, which begins with the window's first pixel. */
  readonly take: string;
  /** Whether `result` begins with zero instead. */
  readonly fromZero: boolean;
  /** C for the output from `result`, with `inverse` for 1 / divisor. */
  readonly finish: string;
}

/** y = the pooled x: threads take rows of the output. */
export function poolKernel(x: Operand, y: Operand, target: Target, pooling: Pooling): Kernel {
  const { windows, finish } = pooling;
  const from = readImage('x', x, target).geometry;
  const to = writtenImage('y', y, target).geometry;
  const usesInverse = finish.includes('inverse');
  const body = code`
    CHUNK(${to.images * to.blocks * to.height}, first, end);
    for (long item = first; item < end; item++) {
      const long i = item % ${to.height}, plane = item / ${to.height};
      const long rows = ${countAt(windows.rows, 'i')};
      const float *x_row = x + ${from.origin} + plane * ${from.block}L + ${firstAt(windows.rows, 'i')} * ${from.row}L;
      float *y_row = y + ${to.origin} + plane * ${to.block}L + i * ${to.row}L;
      for (long j = 0; j < ${to.width}; j++) {
        const long columns = ${countAt(windows.columns, 'j')};
        const float *corner = x_row + ${firstAt(windows.columns, 'j')} * LANES;
        vec result;
        ${specialized(windows, (rows, columns) => `result = NAME_window(corner, ${rows}, ${columns})`)}
        ${usesInverse ? `const float inverse = ${inverseDivisorAt(windows.rows, 'i')} * ${inverseDivisorAt(windows.columns, 'j')};` : ''}
        STORE(y_row + j * LANES, ${finish});
      }
    }
  `;
  return {
    code: `${windowTables(windows)}${windowFunction(from.row, pooling)}${kernelFunction(['const float *x', 'float *y'], body)}`,
  };
}

function windowFunction(row: number, { windows, take, fromZero }: Pooling): string {
  return code`
    static inline __attribute__((always_inline)) vec NAME_window(const float *corner, long rows, long columns) {
      vec result = ${fromZero ? 'ZERO' : 'LOAD(corner)'};
      for (long u = 0; u < rows; u++) {
        for (long v = 0; v < columns; v++) {
          const vec value = LOAD(corner + u * ${row * windows.rows.step}L + v * ${windows.columns.step} * LANES);
          ${take}
        }
      }
      return result;
    }
  `;
}

export interface Spreading {
  readonly windows: Windows;
  /** The images of the output's shape that are read, dy first. */
  readonly outputs: readonly Image[];
  /** The images of the input's shape that are read. */
  readonly inputs: readonly Image[];
  /** C that declares what is the same for all pixels of a window, with `NAME_at` for places in the output's images. */
  readonly prepare: string;
  /** C for what a pixel gets, with `NAME_value` for the inputs' vectors. */
  readonly part: string;
  /** Static functions that the rest calls. */
  readonly helpers: string;
  /** Declarations in `prepare` that `part` needs, as C parameters. */
  readonly parameters: readonly string[];
}

/** dx = what each pixel gets from all windows that cover it: threads take planes. */
export function spreadKernel(
  dx: Operand,
  target: Target,
  operands: readonly string[],
  spreading: Spreading,
): Kernel {
  const { windows, outputs, inputs, prepare } = spreading;
  const to = writtenImage('dx', dx, target);
  const { rows, columns } = windows;
  const { images, blocks } = to.geometry;
  const clear = overlap(windows) || !coverAll(windows);
  const read = [to, ...inputs];
  const corners = read.map((image) => {
    const { name, geometry } = image;
    const start = `${firstAt(rows, 'i')} * ${geometry.row}L + ${firstAt(columns, 'j')} * LANES`;
    return `${name} + ${geometry.origin} + plane * ${geometry.block}L + ${start}`;
  });
  const passed = [...corners, ...spreading.parameters.map((declaration) => last(declaration.split(' ')))];
  const body = code`
    CHUNK(${images * blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      ${clear ? clearPlane(to) : ''}
      for (long i = 0; i < ${rows.first.length}; i++) {
        const long rows = ${countAt(rows, 'i')};
        for (long j = 0; j < ${columns.first.length}; j++) {
          const long columns = ${countAt(columns, 'j')};
          ${outputs.map(placePointer).join('\n')}
          ${prepare}
          ${specialized(windows, (height, width) => `NAME_spread(${[...passed, height, width].join(', ')})`)}
        }
      }
    }
  `;
  return {
    code: `${windowTables(windows)}${spreading.helpers}${spreadFunction(to, spreading)}${kernelFunction(operands, body)}`,
  };
}

function placePointer({ name, geometry: { origin, block, row } }: Image): string {
  return `const float *${name}_at = ${name} + ${origin} + plane * ${block}L + i * ${row}L + j * LANES;`;
}

function clearPlane({ name, geometry: { origin, block, row, height, width, pixel } }: Image): string {
  return code`
    for (long i = 0; i < ${height}; i++) {
      memset(${name} + ${origin} + plane * ${block}L + i * ${row}L, 0, ${width * pixel} * sizeof(float));
    }
  `;
}

function spreadFunction(to: Image, { windows, inputs, part, parameters }: Spreading): string {
  const { rows, columns } = windows;
  const place = (image: Image) =>
    `${image.name} + u * ${image.geometry.row * rows.step}L + v * ${columns.step} * LANES`;
  const pointers = ['float *dx', ...inputs.map(({ name }) => `const float *${name}`), ...parameters];
  const added = overlap(windows) ? `LOAD(${place(to)}) + ` : '';
  return code`
    static inline __attribute__((always_inline)) void NAME_spread(${pointers.join(', ')}, long rows, long columns) {
      ${part.includes('open') ? 'mask open = ~(mask){0};' : ''}
      for (long u = 0; u < rows; u++) {
        for (long v = 0; v < columns; v++) {
          ${inputs.map((image) => `const vec ${image.name}_value = LOAD(${place(image)});`).join('\n')}
          ${part}
          STORE(${place(to)}, ${added}part);
        }
      }
    }
  `;
}
