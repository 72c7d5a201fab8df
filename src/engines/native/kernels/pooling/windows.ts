// Which pixels the windows of a pooling operator cover along one axis, and C to look that up.
import type { PoolAttributes } from '../../../../ops/pool.ts';
import { bins } from '../../../../ops/pool.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import { code, initializerList } from '../../compiler/code.ts';

/** Windows along one axis. All pixels of a window lie inside the image, `step` apart. */
export interface Axis {
  readonly name: 'row' | 'column';
  readonly first: readonly number[];
  readonly count: readonly number[];
  readonly step: number;
  /** What each window's sum is divided by along this axis. */
  readonly divisor: readonly number[];
  /** Extent of the image. */
  readonly extent: number;
}

export interface Windows {
  readonly rows: Axis;
  readonly columns: Axis;
}

/** Windows of a sliding pool that takes images of shape `x` to shape `y`; padding counts or not. */
export function slidingWindows(
  x: Shape,
  y: Shape,
  attributes: PoolAttributes,
  countPadding: boolean,
): Windows {
  const along = (axis: 0 | 1, name: Axis['name']): Axis => {
    const { kernelShape, strides, pads, dilations } = attributes;
    const [kernel, dilation, extent] = [kernelShape[axis], dilations[axis], x[axis + 2]];
    const covers = Array.from({ length: y[axis + 2] }, (_, i) => {
      const start = i * strides[axis] - pads[axis];
      const skipped = Math.max(0, Math.ceil(-start / dilation));
      const end = Math.min(kernel, Math.ceil((extent - start) / dilation));
      const padded = Math.min(start + kernel, extent + pads[axis + 2]) - start;
      return { first: start + skipped * dilation, count: end - skipped, padded };
    });
    const count = covers.map((cover) => cover.count);
    const divisor = countPadding ? covers.map(({ padded }) => padded) : count;
    return { name, first: covers.map(({ first }) => first), count, step: dilation, divisor, extent };
  };
  return { rows: along(0, 'row'), columns: along(1, 'column') };
}

/** The bins of adaptive pooling. */
export function adaptiveWindows(x: Shape, y: Shape): Windows {
  const along = (axis: 2 | 3, name: Axis['name']): Axis => {
    const covers = bins(x[axis], y[axis]);
    const count = covers.map((cover) => cover.length);
    return { name, first: covers.map(([first]) => first), count, step: 1, divisor: count, extent: x[axis] };
  };
  return { rows: along(2, 'row'), columns: along(3, 'column') };
}

/** How many pixels most of the windows have. */
function usualCount({ count }: Axis): number {
  const times = (value: number) => count.filter((other) => other === value).length;
  return count.reduce((best, value) => (times(value) > times(best) ? value : best));
}

function isUniform(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function isEven({ first }: Axis): boolean {
  return first.every((value, i) => value === first[0] + i * (first[1] - first[0]));
}

/** Static tables of what differs from window to window without rule. */
export function windowTables({ rows, columns }: Windows): string {
  return [rows, columns]
    .map((axis) => {
      const table = (type: string, name: string, values: readonly (string | number)[]) =>
        `static const ${type} NAME_${axis.name}_${name}[] = ${initializerList(values)};\n`;
      const inverses = axis.divisor.map((divisor) => literal(1 / divisor));
      return [
        isEven(axis) ? '' : table('int', 'first', axis.first),
        isUniform(axis.count) ? '' : table('int', 'count', axis.count),
        isUniform(axis.divisor) ? '' : table('float', 'inverse', inverses),
      ].join('');
    })
    .join('');
}

/** C for where window `i` begins. */
export function firstAt(axis: Axis, i: string): string {
  if (!isEven(axis)) return `NAME_${axis.name}_first[${i}]`;
  const [start = 0, second = 0] = axis.first;
  return axis.first.length === 1 ? `${start}` : `(${start} + ${i} * ${second - start})`;
}

/** C for the number of pixels of window `i`. */
export function countAt(axis: Axis, i: string): string {
  return isUniform(axis.count) ? `${axis.count[0]}` : `NAME_${axis.name}_count[${i}]`;
}

/** C for 1 / divisor of window `i`. */
export function inverseDivisorAt(axis: Axis, i: string): string {
  return isUniform(axis.divisor) ? literal(1 / axis.divisor[0]) : `NAME_${axis.name}_inverse[${i}]`;
}

/**
 * C that runs `call` with constant extents where the window has the usual ones, so that its loops are unrolled.
 * `rows` and `columns` are C variables.
 */
export function specialized(
  { rows, columns }: Windows,
  call: (rows: string, columns: string) => string,
): string {
  const [height, width] = [String(usualCount(rows)), String(usualCount(columns))];
  const unusual = (axis: Axis, usual: string) => (isUniform(axis.count) ? [] : [`${axis.name}s == ${usual}`]);
  const conditions = [...unusual(rows, height), ...unusual(columns, width)];
  if (conditions.length === 0) return `${call(height, width)};`;
  return code`
    if (${conditions.join(' && ')}) ${call(height, width)};
    else ${call('rows', 'columns')};
  `;
}

/** How often each place along the axis is covered. */
function coverage({ first, count, step, extent }: Axis): number[] {
  const covered = new Array<number>(extent).fill(0);
  first.forEach((start, i) => {
    for (let k = 0; k < count[i]; k++) covered[start + k * step]++;
  });
  return covered;
}

/** Whether some pixel lies in two windows. */
export function overlap({ rows, columns }: Windows): boolean {
  return [rows, columns].some((axis) => coverage(axis).some((times) => times > 1));
}

/** Whether every pixel lies in a window. */
export function coverAll({ rows, columns }: Windows): boolean {
  return [rows, columns].every((axis) => coverage(axis).every((times) => times > 0));
}
