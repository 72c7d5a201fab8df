// The filters of a convolution in one picture.
import type { Image } from '../../image/image.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { blankImage, magnify, pasteAt, scaleFactor } from './canvas.ts';
import { formatNumber } from './colors.ts';
import { type Cell, drawGrid } from './grid.ts';

/** Pixels of the longer side of a filter, at least, and of a block of slices. */
const FILTER_SIDE = 48;
const BLOCK_SIDE = 72;
/** Most filters that are drawn, and most slices of each. */
const MOST_FILTERS = 512;
const MOST_BLOCKS = 64;

type Extents = [filters: number, inputs: number, height: number, width: number];

/**
 * Filters in shades around middle grey, which is 0; white and black (or the full colours, where the input has three channels) are
 * plus and minus the largest magnitude of the filter, which stands below it. With other numbers of inputs, a filter is a block of
 * slices, one for each input channel.
 * @param weight `[O, I, KH, KW]`
 */
export async function drawFilters(layer: string, weight: FloatTensor): Promise<Image> {
  const [filters, inputs, height, width] = weight.shape as Extents;
  const isBlock = inputs !== 1 && inputs !== 3;
  const drawn = Math.min(filters, isBlock ? MOST_BLOCKS : MOST_FILTERS);
  const slices = Math.min(inputs, MOST_BLOCKS);
  const cells = Array.from({ length: drawn }, (_, filter): Cell => {
    const bound = largestMagnitude(weight, filter);
    const shades = Array.from({ length: slices }, (_, input) => grayLevels(weight, filter, input, bound));
    const picture = isBlock
      ? block(shades)
      : magnify(mergeChannels(shades), scaleFactor({ width, height }, FILTER_SIDE));
    return { picture, caption: `±${formatNumber(bound)}` };
  });
  const count = drawn < filters ? `${drawn} of ${filters}` : String(filters);
  const part = slices < inputs ? `${slices} of ${inputs}` : String(inputs);
  const about = isBlock ? `, each a block of ${part} input channels` : '';
  return drawGrid(`${layer}: ${count} filters of ${inputs} x ${height} x ${width}${about}; grey is 0`, cells);
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

/** One grey picture as it is, three as the red, green and blue of one. */
function mergeChannels(shades: readonly Image[]): Image {
  if (shades.length === 1) return shades[0];
  const { width, height } = shades[0];
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => shades[i % 3].data[Math.floor(i / 3)],
  );
  return { width, height, channels: 3, data };
}

/** Slices of one filter in rows, a pixel apart. */
function block(slices: readonly Image[]): Image {
  const columns = Math.ceil(Math.sqrt(slices.length));
  const { width: narrow, height: low } = slices[0];
  const factor = scaleFactor({ width: columns * narrow, height: columns * low }, BLOCK_SIDE);
  const enlarged = slices.map((slice) => magnify(slice, factor));
  const { width, height } = enlarged[0];
  const sheet = blankImage(columns * (width + 1) - 1, Math.ceil(slices.length / columns) * (height + 1) - 1);
  for (const [i, slice] of enlarged.entries()) {
    pasteAt(sheet, slice, (i % columns) * (width + 1), Math.floor(i / columns) * (height + 1));
  }
  return sheet;
}
