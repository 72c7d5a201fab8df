// A map of what matters in a picture, laid over it, and the map alone.
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { interpolate, type Map2d, range } from '../map-2d.ts';
import { magnify, scaleFactor } from './canvas.ts';
import { blend, colorize, formatNumber } from './colors.ts';
import { drawGrid, drawPanels } from './grid.ts';

const SIDE = 224;
const BAR_WIDTH = 14;
/** Share of the colours over the grey picture. */
const OPACITY = 0.55;

/** The picture, and the map over its grey version, interpolate bilinearly; with the scale of the colours. */
export async function drawOverlay(title: string, pixels: Image, map: Map2d): Promise<Image> {
  const [low, high] = colorRange(map);
  const factor = scaleFactor(pixels, SIDE);
  const picture = magnify(withChannels(pixels, 3), factor);
  const grey = magnify(withChannels(withChannels(pixels, 1), 3), factor);
  const colors = colorize(interpolate(map, picture.height, picture.width), low, high);
  return drawPanels(title, [picture, blend(grey, colors, OPACITY)], {
    colors: colorBar(picture.height),
    low: formatNumber(low),
    high: formatNumber(high),
  });
}

/** The map alone, with one square for each of its numbers. */
export async function drawMap(title: string, map: Map2d): Promise<Image> {
  const [low, high] = colorRange(map);
  const picture = magnify(colorize(map, low, high), scaleFactor(map, SIDE));
  return drawGrid(title, [{ picture, caption: `${formatNumber(low)} … ${formatNumber(high)}` }]);
}

/** From 0, or the least number below it, to the largest. */
function colorRange({ data }: Map2d): [low: number, high: number] {
  const [low, high] = range(data);
  return [Math.min(0, low), high];
}

function colorBar(height: number): Image {
  const data = Float32Array.from({ length: height * BAR_WIDTH }, (_, i) => -Math.floor(i / BAR_WIDTH));
  return colorize({ width: BAR_WIDTH, height, data }, 1 - height, 0);
}
