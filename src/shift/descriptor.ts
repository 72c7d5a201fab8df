// An image descriptor from fixed formulas: features without a network.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';

const GRID = 8;
const BINS = 8;
const DIRECTIONS = 8;
const GRADIENT_SIDE = 32;
const CELLS = 2;

/** Description of the features, for reports. */
export const descriptorText =
  `fixed image descriptor, no network: ${GRID}x${GRID} thumbnail, ${BINS}-bin histograms of red, green and blue, and ` +
  `${DIRECTIONS}-bin histograms of oriented gradients for each quadrant; all three with equal weight`;

/** Number of features of each kind. */
export const descriptorGroups = [3 * GRID ** 2, 3 * BINS, CELLS ** 2 * DIRECTIONS];

/** 192 pixel values, 24 color histogram bins and 32 gradient histogram bins. Images of any size; grayscale counts as RGB. */
export function describe(image: Image): Float64Array {
  const color = withChannels(image, 3);
  return Float64Array.from([
    ...resize(color, GRID, GRID).data,
    ...histograms(color),
    ...gradientHistograms(resize(withChannels(image, 1), GRADIENT_SIDE, GRADIENT_SIDE)),
  ]);
}

/** Histogram of each channel, as fractions of the pixels. */
function histograms({ data }: Image): Float64Array {
  const fractions = new Float64Array(3 * BINS);
  for (let i = 0; i < data.length; i++) {
    fractions[(i % 3) * BINS + Math.floor((data[i] * BINS) / 256)] += 3 / data.length;
  }
  return fractions;
}

/**
 * Sum of gradient magnitudes by direction for each quadrant, after Dalal and Triggs, "Histograms of oriented gradients for human
 * detection", CVPR 2005.
 */
function gradientHistograms({ width, height, data }: Image): Float64Array {
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
