// The feature maps of a layer in one image.
import type { Image } from '../../image/image.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { isSpatial } from '../layers.ts';
import { featureMaps, type Map2d, range, unitGrid } from '../map-2d.ts';
import { magnify, scaleFactor } from './canvas.ts';
import { colorize, formatNumber } from './colors.ts';
import { type Cell, drawGrid } from './grid.ts';

/** Minimum length of the longer side of a feature map, and of a grid of units, in pixels. */
const MAP_SIDE = 64;
const UNITS_SIDE = 200;

/**
 * All feature maps of the first image, each colored from its own minimum (dark) to its maximum (bright). The range is
 * written below each map. The units of a layer without feature maps are drawn as one grid.
 * @param output `[N, C, H, W]` or `[N, units]`
 */
export function drawFeatureMaps(layer: string, output: FloatTensor): Promise<Image> {
  if (!isSpatial(output)) {
    const units = unitGrid(output);
    const title = `${layer}: ${output.shape[1]} units, ${units.width} per row`;
    return drawGrid(title, [mapCell(units, UNITS_SIDE)]);
  }
  const maps = featureMaps(output);
  const { width, height } = maps[0];
  const count = maps.length === 1 ? '1 feature map' : `${maps.length} feature maps`;
  const title = `${layer}: ${count} of ${height} x ${width}, each with its own color scale`;
  return drawGrid(
    title,
    maps.map((map) => mapCell(map, MAP_SIDE)),
  );
}

function mapCell(map: Map2d, side: number): Cell {
  const [low, high] = range(map.data);
  const caption = low === high ? `all ${formatNumber(low)}` : `${formatNumber(low)} … ${formatNumber(high)}`;
  return { image: magnify(colorize(map, low, high), scaleFactor(map, side)), caption };
}
