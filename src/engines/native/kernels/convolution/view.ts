// The image whose pixels are broadcast: in blocks of lanes, as planes with padding around them, or without the pixels that a
// stride leaves out.

import type { Pads } from '../../../../ops/window.ts';
import { block } from '../../compiler/code.ts';
import type { Operand } from '../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry, noHalo } from '../../compiler/layout.ts';

/** Steps in floats. */
export interface View {
  readonly image: number;
  /** From a block of channels to the next. */
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
  readonly channel: number;
  /** Of the first pixel inside the padding. */
  readonly origin: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Channels in a block. */
  readonly perBlock: number;
}

/** How a broadcast operand is brought into reach. */
export interface Source {
  readonly view: View;
  /** Floats of workspace that `prepare` fills. */
  readonly workspace: number;
  /** C that all threads run first; a barrier must follow. */
  prepare(source: string, target: string): string;
}

/** An image as it lies, or a plain tensor as planes: these are copied into workspace if taps reach over their borders. */
export function sourceOf(operand: Operand, halo: Pads, lanes: number): Source {
  const { shape, layout } = operand;
  if (layout.kind === 'plain') return planesOf(shape as PlaneShape, halo);
  return { view: viewOf(imageGeometry(shape, layout, lanes)), workspace: 0, prepare: () => '' };
}

function viewOf({ image, block, row, pixel, origin, height, width, channels }: ImageGeometry): View {
  return { image, block, row, pixel, channel: 1, origin, height, width, channels, perBlock: pixel };
}

/** The first of every so many pixels of an image along rows and columns, copied to where they lie side by side. */
export function sampledSource(
  { shape, layout }: Operand,
  [down, right]: readonly [number, number],
  lanes: number,
): Source {
  const from = imageGeometry(shape, layout, lanes);
  const sampled = [from.images, from.channels, Math.ceil(from.height / down), Math.ceil(from.width / right)];
  const to = imageGeometry(sampled, { kind: 'image', halo: noHalo }, lanes);
  return {
    view: viewOf(to),
    workspace: to.size,
    prepare: (source, target) =>
      block(
        '',
        `CHUNK(${to.images * to.blocks * to.height}, first_row, end_row);`,
        block(
          'for (long row = first_row; row < end_row; row++)',
          `const float *from = ${source} + ${from.origin} + row / ${to.height} * ${from.block}L + row % ${to.height} * ${down * from.row}L;`,
          `float *to = ${target} + row * ${to.row};`,
          `for (long i = 0; i < ${to.width}; i++) STORE(to + i * LANES, LOAD(from + i * ${right} * LANES));`,
        ),
      ),
  };
}

type PlaneShape = readonly [images: number, channels: number, height: number, width: number];

function planesOf([images, channels, height, width]: PlaneShape, [top, left, bottom, right]: Pads): Source {
  const row = left + width + right;
  const plane = (top + height + bottom) * row;
  const image = channels * plane;
  const steps = { image, block: image, row, pixel: 1, channel: plane };
  const view = { ...steps, origin: top * row + left, height, width, channels, perBlock: channels };
  const padded = plane > height * width;
  return {
    view,
    workspace: padded ? image * images : 0,
    prepare: (source, target) => (padded ? padCode(view, images * channels, source, target) : ''),
  };
}

/** Copies planes to where there is room for zeros around them. */
function padCode(view: View, planes: number, source: string, target: string): string {
  const { channel, row, height, width, origin } = view;
  return block(
    '',
    `CHUNK(${planes}, first_plane, end_plane);`,
    block(
      'for (long plane = first_plane; plane < end_plane; plane++)',
      `const float *from = ${source} + plane * ${height * width}L;`,
      `float *to = ${target} + plane * ${channel}L;`,
      `memset(to, 0, ${channel * 4});`,
      `for (int row = 0; row < ${height}; row++)`,
      `  memcpy(to + ${origin} + row * ${row}, from + row * ${width}, ${width * 4});`,
    ),
  );
}
