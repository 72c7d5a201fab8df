// Features of images without a network: fixed formulas, nothing learned, nothing drawn.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';

const GRID = 8;
const BINS = 8;
const DIRECTIONS = 8;
const GRADIENT_SIDE = 32;
const CELLS = 2;

/** What `describe` gives, in words. */
export const descriptorText =
  `fixed formulas, no network: pixels at ${GRID}x${GRID}, histograms of red, green and blue in ${BINS} steps, and directions of edges ` +
  `in ${DIRECTIONS} steps for each quarter of the image; each of the three counts alike`;

/** How many of the values are of each kind. */
export const descriptorGroups = [3 * GRID ** 2, 3 * BINS, CELLS ** 2 * DIRECTIONS];

/** 192 pixel values, 24 shares of colours, 32 shares of edges, whatever the size of the image; grey counts as RGB. */
export function describe(image: Image): Float64Array {
  const color = withChannels(image, 3);
  return Float64Array.from([
    ...resize(color, GRID, GRID).data,
    ...histograms(color),
    ...edgeDirections(resize(withChannels(image, 1), GRADIENT_SIDE, GRADIENT_SIDE)),
  ]);
}

/** Share of pixels whose value is in each of the bins, for each channel. */
function histograms({ data }: Image): Float64Array {
  const shares = new Float64Array(3 * BINS);
  for (let i = 0; i < data.length; i++) {
    shares[(i % 3) * BINS + Math.floor((data[i] * BINS) / 256)] += 3 / data.length;
  }
  return shares;
}

/**
 * Sum of the gradients in each direction, opposite ones counted alike, for each quarter (after Dalal and Triggs, "Histograms of
 * oriented gradients for human detection", CVPR 2005).
 */
function edgeDirections({ width, height, data }: Image): Float64Array {
  const sums = new Float64Array(CELLS * CELLS * DIRECTIONS);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const across = data[at + 1] - data[at - 1];
      const down = data[at + width] - data[at - width];
      const turn = Math.atan2(down, across) / Math.PI + 1; // 0 .. 2 is a full turn.
      const direction = Math.floor(turn * DIRECTIONS + 0.5) % DIRECTIONS;
      const cell = Math.floor((y * CELLS) / height) * CELLS + Math.floor((x * CELLS) / width);
      sums[cell * DIRECTIONS + direction] += Math.hypot(across, down);
    }
  }
  return sums;
}
