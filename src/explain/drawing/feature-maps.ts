// The feature maps of a layer in one picture.
import type { Image } from '../../image/image.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { isSpatial } from '../layers.ts';
import { featureMaps, type Map2d, range, unitGrid } from '../map-2d.ts';
import { magnify, scaleFactor } from './canvas.ts';
import { colorize, formatNumber } from './colors.ts';
import { type Cell, drawGrid } from './grid.ts';

/** Pixels of the longer side of a map, at least, and of a picture of all units. */
const MAP_SIDE = 64;
const UNITS_SIDE = 200;

/**
 * All maps of the first image, each in colours from its own least number (dark) to its largest (bright), which stand below
 * it. Where a layer has no maps, its units make one picture, in rows.
 * @param output `[N, C, H, W]` or `[N, units]`
 */
export function drawFeatureMaps(layer: string, output: FloatTensor): Promise<Image> {
  if (!isSpatial(output)) {
    const units = unitGrid(output);
    const title = `${layer}: ${output.shape[1]} units, in rows of ${units.width}`;
    return drawGrid(title, [mapCell(units, UNITS_SIDE)]);
  }
  const maps = featureMaps(output);
  const { width, height } = maps[0];
  const count = maps.length === 1 ? 'a map' : `${maps.length} maps`;
  const title = `${layer}: ${count} of ${height} x ${width}, each on its own scale`;
  return drawGrid(
    title,
    maps.map((map) => mapCell(map, MAP_SIDE)),
  );
}

function mapCell(plane: Map2d, side: number): Cell {
  const [low, high] = range(plane.data);
  const caption = low === high ? `all ${formatNumber(low)}` : `${formatNumber(low)} … ${formatNumber(high)}`;
  return { picture: magnify(colorize(plane, low, high), scaleFactor(plane, side)), caption };
}
