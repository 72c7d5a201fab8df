// The feature maps of a layer in one picture.
import type { Image } from '../../image/image.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { hasMaps } from '../layers.ts';
import { mapsOf, type Plane, rangeOf, unitsOf } from '../map-2d.ts';
import { factorFor, magnified } from './canvas.ts';
import { colored, shortNumber } from './colors.ts';
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
  if (!hasMaps(output)) {
    const units = unitsOf(output);
    const title = `${layer}: ${output.shape[1]} units, in rows of ${units.width}`;
    return drawGrid(title, [cellOf(units, UNITS_SIDE)]);
  }
  const maps = mapsOf(output);
  const { width, height } = maps[0];
  const count = maps.length === 1 ? 'a map' : `${maps.length} maps`;
  const title = `${layer}: ${count} of ${height} x ${width}, each on its own scale`;
  return drawGrid(
    title,
    maps.map((map) => cellOf(map, MAP_SIDE)),
  );
}

function cellOf(plane: Plane, side: number): Cell {
  const [low, high] = rangeOf(plane.data);
  const caption = low === high ? `all ${shortNumber(low)}` : `${shortNumber(low)} … ${shortNumber(high)}`;
  return { picture: magnified(colored(plane, low, high), factorFor(plane, side)), caption };
}
