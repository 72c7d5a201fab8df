// A map of what matters in a picture, laid over it, and the map alone.
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { enlarged, type Plane, rangeOf } from '../map-2d.ts';
import { factorFor, magnified } from './canvas.ts';
import { blended, colored, shortNumber } from './colors.ts';
import { drawGrid, drawPanels } from './grid.ts';

const SIDE = 224;
const BAR_WIDTH = 14;
/** Share of the colours over the grey picture. */
const OPACITY = 0.55;

/** The picture, and the map over its grey version, enlarged bilinearly; with the scale of the colours. */
export async function drawOverlay(title: string, pixels: Image, map: Plane): Promise<Image> {
  const [low, high] = spanOf(map);
  const factor = factorFor(pixels, SIDE);
  const picture = magnified(withChannels(pixels, 3), factor);
  const grey = magnified(withChannels(withChannels(pixels, 1), 3), factor);
  const colors = colored(enlarged(map, picture.height, picture.width), low, high);
  return drawPanels(title, [picture, blended(grey, colors, OPACITY)], {
    colors: colorBar(picture.height),
    low: shortNumber(low),
    high: shortNumber(high),
  });
}

/** The map alone, with one square for each of its numbers. */
export async function drawMap(title: string, map: Plane): Promise<Image> {
  const [low, high] = spanOf(map);
  const picture = magnified(colored(map, low, high), factorFor(map, SIDE));
  return drawGrid(title, [{ picture, caption: `${shortNumber(low)} … ${shortNumber(high)}` }]);
}

/** From 0, or the least number below it, to the largest. */
function spanOf({ data }: Plane): [low: number, high: number] {
  const [low, high] = rangeOf(data);
  return [Math.min(0, low), high];
}

function colorBar(height: number): Image {
  const data = Float32Array.from({ length: height * BAR_WIDTH }, (_, i) => -Math.floor(i / BAR_WIDTH));
  return colored({ width: BAR_WIDTH, height, data }, 1 - height, 0);
}
