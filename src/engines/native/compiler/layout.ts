// How tensors lie in memory: plain row-major, or in blocks of as many channels or images as a vector register has lanes.

import { internal } from '../../../base/errors.ts';
import type { Pads } from '../../../ops/window.ts';
import { type Shape, sameShape, sizeOf } from '../../../tensor/shape.ts';

/**
 * - `plain`: row-major.
 * - `image`: `[N, C, H, W]` as `[N][C / lanes][top + H + bottom][left + W + right][lanes]`. The halo around each channel
 *   block is zero, and so are the lanes beyond C in the last block: every kernel that writes an image keeps it so.
 * - `batch`: `[N, C, H, W]` as `[N / lanes][C][H][W][lanes of N]`, where channels are too few to fill the lanes; N is a
 *   multiple of the lanes.
 * - `filter`: weights `[K, C, U, V]` of an ungrouped convolution as `[K / (lanes vectors)][C / lanes][U V][lanes of C][lanes
 *   vectors of K]`, zero beyond K and C.
 * - `depthwise`: weights `[C, 1, U, V]` of a convolution with one channel a group as `[C / lanes][U V][lanes]`.
 * - `winograd`: weights `[K, C, 3, 3]` transformed for tiles of size x size as `[K / (panel lanes)][(size + 2)^2][C][panel
 *   lanes of K]`, C rounded up to whole vectors, each of the (size + 2)^2 planes followed by a vector that is not used. It
 *   is made from a `filter` of as many `vectors`, and there is no inverse: variables never have this layout.
 */
export type Layout =
  | { readonly kind: 'plain' }
  | { readonly kind: 'image'; readonly halo: Pads }
  | { readonly kind: 'batch' }
  | { readonly kind: 'filter'; readonly vectors: 1 | 2 }
  | { readonly kind: 'depthwise' }
  | {
      readonly kind: 'winograd';
      readonly size: 2 | 4;
      readonly panel: 1 | 2 | 3;
      readonly vectors: 1 | 2;
    };

export type LayoutKind = Layout['kind'];

export const plain: Layout = { kind: 'plain' };
export const batch: Layout = { kind: 'batch' };
export const noHalo: Pads = [0, 0, 0, 0];
/** An image before its readers are known. */
export const image: Layout = { kind: 'image', halo: noHalo };

export function sameLayout(a: Layout, b: Layout): boolean {
  if (a.kind === 'image' && b.kind === 'image') return sameShape(a.halo, b.halo);
  if (a.kind === 'filter' && b.kind === 'filter') return a.vectors === b.vectors;
  if (a.kind === 'winograd' && b.kind === 'winograd') return a.size === b.size && a.panel === b.panel;
  return a.kind === b.kind;
}

/** `image halo [1, 1, 1, 1]`, as printed plans show it. */
export function formatLayout(layout: Layout): string {
  if (layout.kind === 'image')
    return sameShape(layout.halo, noHalo) ? 'image' : `image halo [${layout.halo.join(', ')}]`;
  if (layout.kind === 'filter') return `filter x${layout.vectors}`;
  if (layout.kind === 'winograd') return `winograd ${layout.size}x${layout.size}`;
  return layout.kind;
}

/** The smallest halo that holds both. */
export function largerHalo(a: Pads, b: Pads): Pads {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

/** Number of blocks of `lanes` that hold `channels`. */
export function blocksOf(channels: number, lanes: number): number {
  return Math.ceil(channels / lanes);
}

/** The steps, in floats, between neighbours in an `image` layout. */
export interface ImageGeometry {
  readonly images: number;
  readonly channels: number;
  readonly blocks: number;
  readonly height: number;
  readonly width: number;
  readonly halo: Pads;
  /** From a pixel to the next one in its row: the lanes. */
  readonly pixel: number;
  readonly row: number;
  readonly block: number;
  readonly image: number;
  /** Of the first pixel inside the halo. */
  readonly origin: number;
  /** Floats in all. */
  readonly size: number;
}

export function imageGeometry(shape: Shape, layout: Layout, lanes: number): ImageGeometry {
  if (layout.kind !== 'image' || shape.length !== 4)
    throw internal(`no image layout: ${formatLayout(layout)}`);
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  const [top, left, bottom, right] = layout.halo;
  const blocks = blocksOf(channels, lanes);
  const row = (left + width + right) * lanes;
  const block = (top + height + bottom) * row;
  const origin = top * row + left * lanes;
  const image = blocks * block;
  return {
    images,
    channels,
    blocks,
    height,
    width,
    halo: layout.halo,
    pixel: lanes,
    row,
    block,
    image,
    origin,
    size: images * image,
  };
}

/**
 * The shape of the image without a halo that lies as a tensor in `batch` layout does: to kernels that treat every lane by
 * itself, each block of images is one image with a block of channels for each channel.
 */
export function imageOfBatch([images, channels, height, width]: Shape, lanes: number): Shape {
  return [images / lanes, channels * lanes, height, width];
}

/** Floats that a tensor takes in a layout; plain ones are rounded up to whole vectors, and zero beyond their end. */
export function storageSize(shape: Shape, layout: Layout, lanes: number): number {
  switch (layout.kind) {
    case 'plain':
      return blocksOf(sizeOf(shape), lanes) * lanes;
    case 'image':
      return imageGeometry(shape, layout, lanes).size;
    case 'batch':
      return sizeOf(shape);
    case 'filter': {
      const [outputs, inputs, height, width] = shape as readonly [number, number, number, number];
      const outputWidth = layout.vectors * lanes;
      return (
        Math.ceil(outputs / outputWidth) * outputWidth * blocksOf(inputs, lanes) * lanes * height * width
      );
    }
    case 'depthwise':
      return blocksOf(shape[0], lanes) * lanes * shape[2] * shape[3];
    case 'winograd': {
      const [outputs, inputs] = shape as readonly [number, number];
      const { size, panel } = layout;
      const plane = (blocksOf(inputs, lanes) * lanes * panel + 1) * lanes;
      return Math.ceil(blocksOf(outputs, lanes) / panel) * (size + 2) ** 2 * plane;
    }
  }
}
