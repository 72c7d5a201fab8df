// The filters of a convolution as one image.
import type { Image } from '../../image/image.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { blankImage, magnify, pasteAt, scaleFactor } from './canvas.ts';
import { formatNumber } from './colors.ts';
import { type Cell, drawGrid } from './grid.ts';

/** Minimum length of the longer side of a filter, and of a block of slices, in pixels. */
const FILTER_SIDE = 48;
const BLOCK_SIDE = 72;
/** Limits on the number of filters, and on the number of blocks and of slices in each. */
const MAX_FILTERS = 512;
const MAX_BLOCKS = 64;

type Extents = [filters: number, inputs: number, height: number, width: number];

/**
 * Each filter on its own scale: middle gray is 0; black and white (full color for three input channels) are minus and plus
 * its largest magnitude, which is written below it. With other numbers of input channels a filter is drawn as a block of
 * slices, one for each input channel.
 * @param weight `[O, I, KH, KW]`
 */
export async function drawFilters(layer: string, weight: FloatTensor): Promise<Image> {
  const [filters, inputs, height, width] = weight.shape as Extents;
  const isBlock = inputs !== 1 && inputs !== 3;
  const drawn = Math.min(filters, isBlock ? MAX_BLOCKS : MAX_FILTERS);
  const sliceCount = Math.min(inputs, MAX_BLOCKS);
  const cells = Array.from({ length: drawn }, (_, filter): Cell => {
    const bound = largestMagnitude(weight, filter);
    const slices = Array.from({ length: sliceCount }, (_, input) => grayLevels(weight, filter, input, bound));
    const image = isBlock
      ? block(slices)
      : magnify(mergeChannels(slices), scaleFactor({ width, height }, FILTER_SIDE));
    return { image, caption: `±${formatNumber(bound)}` };
  });
  const count = drawn < filters ? `${drawn} of ${filters}` : String(filters);
  const part = sliceCount < inputs ? `${sliceCount} of ${inputs}` : String(inputs);
  const blocks = isBlock ? `, ${part} input channels per block` : '';
  return drawGrid(
    `${layer}: ${count} filters of ${inputs} x ${height} x ${width}${blocks}; gray is 0`,
    cells,
  );
}

function largestMagnitude({ data, shape }: FloatTensor, filter: number): number {
  const size = data.length / shape[0];
  return data
    .subarray(filter * size, (filter + 1) * size)
    .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** 0 to 255 for -bound to bound. */
function level(value: number, bound: number): number {
  return Math.round(127.5 + (bound > 0 ? (127.5 * value) / bound : 0));
}

function grayLevels({ data, shape }: FloatTensor, filter: number, input: number, bound: number): Image {
  const [, inputs, height, width] = shape as Extents;
  const start = (filter * inputs + input) * height * width;
  const values = data.subarray(start, start + height * width);
  return { width, height, channels: 1, data: Uint8Array.from(values, (value) => level(value, bound)) };
}

/** One grayscale image as it is, three as the red, green and blue channels of one. */
function mergeChannels(slices: readonly Image[]): Image {
  if (slices.length === 1) return slices[0];
  const { width, height } = slices[0];
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => slices[i % 3].data[Math.floor(i / 3)],
  );
  return { width, height, channels: 3, data };
}

/** Slices of one filter in a grid, one pixel apart. */
function block(slices: readonly Image[]): Image {
  const columns = Math.ceil(Math.sqrt(slices.length));
  const { width: narrow, height: low } = slices[0];
  const factor = scaleFactor({ width: columns * narrow, height: columns * low }, BLOCK_SIDE);
  const enlarged = slices.map((slice) => magnify(slice, factor));
  const { width, height } = enlarged[0];
  const canvas = blankImage(columns * (width + 1) - 1, Math.ceil(slices.length / columns) * (height + 1) - 1);
  for (const [i, slice] of enlarged.entries()) {
    pasteAt(canvas, slice, (i % columns) * (width + 1), Math.floor(i / columns) * (height + 1));
  }
  return canvas;
}
