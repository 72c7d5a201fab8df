// Which inputs each output of a convolution looks at: one description for the forward pass and the input gradient.
//
// Along one axis, output position o of a convolution reads input o s - p + u d for kernel index u, with stride s, leading
// padding p and dilation d. The gradient of input i therefore sums over the u for which o = (i + p - u d) / s is whole, and
// which u those are depends on i mod s only: the positions i = a, a + s, a + 2 s, ... form one phase.

import { range } from '../../../../base/numbers.ts';
import type { ConvAttributes } from '../../../../ops/conv.ts';
import type { Pads } from '../../../../ops/window.ts';
import type { Shape } from '../../../../tensor/shape.ts';

/** A kernel index, and the offset from the input position of an output to the input that it reads. */
export interface AxisTap {
  readonly index: number;
  readonly offset: number;
}

/** Positions first, first + outputStep, ...; the i-th reads i inputStep + offset for each of the taps. */
export interface AxisPhase {
  readonly count: number;
  readonly first: number;
  readonly outputStep: number;
  readonly inputStep: number;
  readonly taps: readonly AxisTap[];
}

/** Positions of the image that share their taps. */
export interface Phase {
  readonly rows: AxisPhase;
  readonly columns: AxisPhase;
}

export interface Geometry {
  readonly phases: readonly Phase[];
  /** How far the taps reach over the borders of the image that is read. */
  readonly halo: Pads;
}

interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
}

function axisOf(which: 0 | 1, x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes): Axis {
  return {
    input: x[which + 2],
    output: y[which + 2],
    kernel: weight[which + 2],
    stride: attributes.strides[which],
    dilation: attributes.dilations[which],
    pad: attributes.pads[which],
  };
}

/** Without the taps that read nothing but padding. */
function usefulTaps(taps: readonly AxisTap[], count: number, step: number, extent: number): AxisTap[] {
  const positions = range(count);
  return taps.filter(({ offset }) =>
    positions.some((i) => i * step + offset >= 0 && i * step + offset < extent),
  );
}

function forwardAxis({ input, output, kernel, stride, dilation, pad }: Axis): AxisPhase[] {
  const all = range(kernel).map((index) => ({ index, offset: index * dilation - pad }));
  const taps = usefulTaps(all, output, stride, input);
  return [{ count: output, first: 0, outputStep: 1, inputStep: stride, taps }];
}

function backwardAxis({ input, output, kernel, stride, dilation, pad }: Axis): AxisPhase[] {
  return range(Math.min(stride, input)).map((first) => {
    const count = Math.ceil((input - first) / stride);
    const all = range(kernel).map((index) => ({ index, offset: (first + pad - index * dilation) / stride }));
    const taps = usefulTaps(
      all.filter(({ offset }) => Number.isInteger(offset)),
      count,
      1,
      output,
    );
    return { count, first, outputStep: stride, inputStep: 1, taps };
  });
}

/** How far phases reach before 0 and beyond the last of `extent` positions. */
function reach(phases: readonly AxisPhase[], extent: number): [number, number] {
  const places = phases.flatMap(({ count, inputStep, taps }) =>
    taps.flatMap(({ offset }) => [offset, (count - 1) * inputStep + offset]),
  );
  return [-Math.min(0, ...places), Math.max(0, ...places.map((place) => place - extent + 1))];
}

function combine(rows: AxisPhase[], columns: AxisPhase[], height: number, width: number): Geometry {
  const [top, bottom] = reach(rows, height);
  const [left, right] = reach(columns, width);
  return {
    phases: combinePhases(rows, columns),
    halo: [top, left, bottom, right],
  };
}

/**
 * Phases in pieces that leave out taps that would read nothing but padding: near the borders, most of all in small images.
 * `extent` is that of the image that is read.
 */
export function splitAtBorders(phases: readonly AxisPhase[], extent: number): AxisPhase[] {
  return phases.flatMap((phase) => {
    const { count, first, inputStep, outputStep, taps } = phase;
    const useful = (i: number): AxisTap[] =>
      taps.filter(({ offset }) => i * inputStep + offset >= 0 && i * inputStep + offset < extent);
    const keys = range(count).map((i) => JSON.stringify(useful(i)));
    const starts = range(count).filter((i) => i === 0 || keys[i] !== keys[i - 1]);
    return starts.map((start, n) => ({
      count: (starts[n + 1] ?? count) - start,
      first: first + start * outputStep,
      inputStep,
      outputStep,
      taps: useful(start).map(({ index, offset }) => ({ index, offset: offset + start * inputStep })),
    }));
  });
}

/** All combinations of rows and columns. */
export function combinePhases(rows: readonly AxisPhase[], columns: readonly AxisPhase[]): Phase[] {
  return rows.flatMap((row) => columns.map((column) => ({ rows: row, columns: column })));
}

/** Reading x `[N, C, H, W]`, giving y. */
export function forwardGeometry(x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes): Geometry {
  const [rows, columns] = ([0, 1] as const).map((which) =>
    forwardAxis(axisOf(which, x, weight, y, attributes)),
  ) as [AxisPhase[], AxisPhase[]];
  return combine(rows, columns, x[2], x[3]);
}

/** Reading dy `[N, K, H', W']`, giving dx. */
export function backwardGeometry(x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes): Geometry {
  const [rows, columns] = ([0, 1] as const).map((which) =>
    backwardAxis(axisOf(which, x, weight, y, attributes)),
  ) as [AxisPhase[], AxisPhase[]];
  return combine(rows, columns, y[2], y[3]);
}
