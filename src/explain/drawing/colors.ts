// The viridis color map, which is perceptually uniform and readable with color-vision deficiency.
// Smith & van der Walt, "A better default colormap for matplotlib", SciPy 2015; every 17th of its 256 colors.
import { formatSignificant } from '../../base/text.ts';
import type { Image } from '../../image/image.ts';
import type { Map2d } from '../map-2d.ts';

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
/** For NaN. */
const WHITE: Color = [255, 255, 255];

/** The color of a value from 0 (dark violet) to 1 (yellow); values outside are clipped. */
export function viridis(value: number): Color {
  const position = Math.min(1, Math.max(0, value)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(position));
  const [below, above] = [STOPS[index], STOPS[index + 1]];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(below[channel] + (position - index) * (above[channel] - below[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** A map in the colors from `low` to `high`; all dark if both are equal. */
export function colorize({ width, height, data: values }: Map2d, low: number, high: number): Image {
  const data = new Uint8Array(width * height * 3);
  const scale = high > low ? 1 / (high - low) : 0;
  for (const [i, value] of values.entries()) {
    data.set(Number.isNaN(value) ? WHITE : viridis((value - low) * scale), 3 * i);
  }
  return { width, height, channels: 3, data };
}

/** Blends two RGB images of the same size. @param opacity of the second image, 0 to 1 */
export function blend(below: Image, above: Image, opacity: number): Image {
  const data = below.data.map((value, i) => Math.round(value * (1 - opacity) + above.data[i] * opacity));
  return { ...below, data };
}

/** Three significant digits, with a minus sign instead of a hyphen. */
export function formatNumber(value: number): string {
  const magnitude = Math.abs(value);
  const isPlain = value === 0 || (magnitude >= 0.001 && magnitude < 10_000);
  const text = isPlain ? formatSignificant(value, 3) : value.toExponential(1);
  return text.replaceAll('-', '−');
}
