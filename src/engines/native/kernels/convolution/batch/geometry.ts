// Convolutions of images in the lanes: where pixels and weights lie, and which of them meet.
import type { Shape } from '../../../../../tensor/shape.ts';
import { range } from '../../../compiler/c.ts';
import { initialiser } from '../../../compiler/code.ts';
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

/** A kernel index and the place of the pixel that it meets. */
export interface Meeting {
  readonly index: number;
  readonly place: number;
}

/** What each of `count` outputs along an axis meets; padding meets nothing. `extent` is that of the image that is read. */
export function meetingsOf(phases: readonly AxisPhase[], count: number, extent: number): Meeting[][] {
  const meetings: Meeting[][] = range(count).map(() => []);
  for (const { count: positions, first, inputStep, outputStep, taps } of phases) {
    for (const i of range(positions)) {
      meetings[first + i * outputStep] = taps
        .map(({ index, offset }) => ({ index, place: i * inputStep + offset }))
        .filter(({ place }) => place >= 0 && place < extent);
    }
  }
  return meetings;
}

/** `NAME_rows[output row][kernel row]`: the row that they meet in, or -1. */
export function rowTable(rows: readonly (readonly Meeting[])[], kernelRows: number): string {
  const entries = rows.map((meetings) => {
    const places = range(kernelRows).map((u) => meetings.find(({ index }) => index === u)?.place ?? -1);
    return `{${places.join(', ')}}`;
  });
  return `static const short NAME_rows[][${kernelRows}] = ${initialiser(entries, 8)};\n`;
}
