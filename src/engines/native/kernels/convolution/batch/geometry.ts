// Convolutions of images in the lanes: where pixels and weights lie, and which are multiplied.

import { range } from '../../../../../base/numbers.ts';
import type { Shape } from '../../../../../tensor/shape.ts';
import { initializerList } from '../../../compiler/code.ts';
import type { AxisPhase } from '../geometry.ts';

/** A tensor in `batch` layout, in floats: each block of images has a plane for each channel. */
export interface Planes {
  readonly blocks: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly row: number;
  readonly plane: number;
  readonly block: number;
}

export function planesOf([images, channels, height, width]: Shape, lanes: number): Planes {
  const row = width * lanes;
  const plane = height * row;
  return {
    blocks: images / lanes,
    channels: channels,
    height: height,
    width: width,
    row,
    plane,
    block: channels * plane,
  };
}

/** The outputs or the inputs of a filter: `unit` of them lie `step` floats apart, one unit and the next `jump`. */
export interface Along {
  readonly count: number;
  readonly unit: number;
  readonly step: number;
  readonly jump: number;
}

/** C for where number `i` lies. */
export function placeAlong({ count, unit, step, jump }: Along, i: string): string {
  if (count <= unit) return `${i} * ${step}`;
  return `(${i} / ${unit} * ${jump}L + ${i} % ${unit} * ${step})`;
}

/** An index of the kernel along an axis, and the place of the pixel that it is multiplied with. */
export interface Tap {
  readonly index: number;
  readonly place: number;
}

/** The taps of each of `count` outputs along an axis, without those in the padding. `extent` is that of the image that is read. */
export function tapsOf(phases: readonly AxisPhase[], count: number, extent: number): Tap[][] {
  const found: Tap[][] = range(count).map(() => []);
  for (const { count: positions, first, inputStep, outputStep, taps } of phases) {
    for (const i of range(positions)) {
      found[first + i * outputStep] = taps
        .map(({ index, offset }) => ({ index, place: i * inputStep + offset }))
        .filter(({ place }) => place >= 0 && place < extent);
    }
  }
  return found;
}

/** `NAME_rows[output row][kernel row]`: the row of pixels, or -1 for padding. */
export function rowTable(rows: readonly (readonly Tap[])[], kernelRows: number): string {
  const entries = rows.map((taps) => {
    const places = range(kernelRows).map((u) => taps.find(({ index }) => index === u)?.place ?? -1);
    return `{${places.join(', ')}}`;
  });
  return `static const short NAME_rows[][${kernelRows}] = ${initializerList(entries, 8)};\n`;
}
