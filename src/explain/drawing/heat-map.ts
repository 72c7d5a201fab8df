// A heat map over an image, and the heat map alone.
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { interpolate, type Map2d, range } from '../map-2d.ts';
import { magnify, scaleFactor } from './canvas.ts';
import { blend, colorize, formatNumber } from './colors.ts';
import { drawGrid, drawPanels } from './grid.ts';

const SIDE = 224;
const BAR_WIDTH = 14;
/** Opacity of the heat map over the grayscale image. */
const OPACITY = 0.55;

/** The image beside the heat map over its grayscale version, which is interpolated bilinearly, with the color scale. */
export async function drawOverlay(title: string, pixels: Image, map: Map2d): Promise<Image> {
  const [low, high] = colorRange(map);
  const factor = scaleFactor(pixels, SIDE);
  const image = magnify(withChannels(pixels, 3), factor);
  const gray = magnify(withChannels(withChannels(pixels, 1), 3), factor);
  const colors = colorize(interpolate(map, image.height, image.width), low, high);
  return drawPanels(title, [image, blend(gray, colors, OPACITY)], {
    colors: colorBar(image.height),
    low: formatNumber(low),
    high: formatNumber(high),
  });
}

/** The heat map alone, one square for each value. */
export async function drawMap(title: string, map: Map2d): Promise<Image> {
  const [low, high] = colorRange(map);
  const image = magnify(colorize(map, low, high), scaleFactor(map, SIDE));
  return drawGrid(title, [{ image, caption: `${formatNumber(low)} … ${formatNumber(high)}` }]);
}

/** From the minimum, but at most 0, to the maximum. */
function colorRange({ data }: Map2d): [low: number, high: number] {
  const [low, high] = range(data);
  return [Math.min(0, low), high];
}

function colorBar(height: number): Image {
  const data = Float32Array.from({ length: height * BAR_WIDTH }, (_, i) => -Math.floor(i / BAR_WIDTH));
  return colorize({ width: BAR_WIDTH, height, data }, 1 - height, 0);
}
