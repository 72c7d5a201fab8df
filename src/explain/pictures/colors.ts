// Numbers as colours: viridis, which gets brighter evenly and is read with any kind of colour vision.
// Smith & van der Walt, "A better default colormap for matplotlib", SciPy 2015; every 17th of its 256 colours.
import { formatSignificant } from '../../base/text.ts';
import type { Image } from '../../image/image.ts';
import type { Plane } from '../plane.ts';

type Color = readonly [red: number, green: number, blue: number];

const STOPS: readonly Color[] = [
  [68, 1, 84],
  [72, 26, 108],
  [71, 47, 125],
  [65, 68, 135],
  [57, 86, 140],
  [49, 104, 142],
  [42, 120, 142],
  [35, 136, 142],
  [31, 152, 139],
  [34, 168, 132],
  [53, 183, 121],
  [84, 197, 104],
  [122, 209, 81],
  [165, 219, 54],
  [210, 226, 27],
  [253, 231, 37],
];
/** Of places that hold no number. */
const PAPER: Color = [255, 255, 255];

/** The colour of a share from 0 (dark violet) to 1 (yellow). */
export function viridis(share: number): Color {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  const [below, above] = [STOPS[index], STOPS[index + 1]];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(below[channel] + (place - index) * (above[channel] - below[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** A plane in colours from `low` to `high`; in the darkest one where all numbers are alike. */
export function colored({ width, height, data: numbers }: Plane, low: number, high: number): Image {
  const data = new Uint8Array(width * height * 3);
  const scale = high > low ? 1 / (high - low) : 0;
  for (const [i, value] of numbers.entries()) {
    data.set(Number.isNaN(value) ? PAPER : viridis((value - low) * scale), 3 * i);
  }
  return { width, height, channels: 3, data };
}

/** Mixes two RGB pictures of one size; `share` is that of the second one. */
export function blended(below: Image, above: Image, share: number): Image {
  const data = below.data.map((value, i) => Math.round(value * (1 - share) + above.data[i] * share));
  return { ...below, data };
}

/** Numbers for reading: three significant digits, a true minus. */
export function shortNumber(value: number): string {
  const magnitude = Math.abs(value);
  const isPlain = value === 0 || (magnitude >= 0.001 && magnitude < 10_000);
  const text = isPlain ? formatSignificant(value, 3) : value.toExponential(1);
  return text.replaceAll('-', '−');
}
