// The image whose pixels are broadcast: in blocks of lanes, or as planes with padding around them.

import type { Pads } from '../../../../ops/window.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import type { Operand } from '../../kernel.ts';
import { imageGeometry } from '../../layout.ts';
import { block, lines } from './code.ts';

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

const nothing = (): string => '';

/** An image as it lies, or a plain tensor as planes: these are copied into workspace if taps reach over their borders. */
export function sourceOf({ shape, layout }: Operand, halo: Pads, lanes: number): Source {
  if (layout.kind !== 'plain') {
    const { image, block, row, pixel, origin, height, width, channels } = imageGeometry(shape, layout, lanes);
    const view = { image, block, row, pixel, channel: 1, origin, height, width, channels, perBlock: lanes };
    return { view, workspace: 0, prepare: nothing };
  }
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  const [top, left, bottom, right] = halo;
  const row = left + width + right;
  const plane = (top + height + bottom) * row;
  const origin = top * row + left;
  const image = channels * plane;
  const view = {
    image,
    block: image,
    row,
    pixel: 1,
    channel: plane,
    origin,
    height,
    width,
    channels,
    perBlock: channels,
  };
  if (image * images === sizeOf(shape)) return { view, workspace: 0, prepare: nothing };
  const prepare = (source: string, target: string): string =>
    block(
      '',
      '/* planes with zeros around them */',
      `SHARE(${images * channels}, first_plane, end_plane)`.concat(';'),
      block(
        'for (long plane = first_plane; plane < end_plane; plane++)',
        `const float *from = ${source} + plane * ${height * width}L;`,
        `float *to = ${target} + plane * ${plane}L;`,
        `memset(to, 0, ${plane * 4});`,
        lines(
          `for (int row = 0; row < ${height}; row++)`,
          `  memcpy(to + ${origin} + row * ${row}, from + row * ${width}, ${width * 4});`,
        ),
      ),
    );
  return { view, workspace: image * images, prepare };
}
