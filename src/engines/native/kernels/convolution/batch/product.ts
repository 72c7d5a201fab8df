// A convolution of images in the lanes, or the gradient of its input: out[o] = sum over i and taps of in[i] weight[o, i, tap].
// Every lane is an image of its own, so that a weight is one number for all lanes. Tiles of a row, for some channels,  are summed
// in registers; products with padding are omitted.
import { range } from '../../../../../base/numbers.ts';
import { code, kernelFunction } from '../../../compiler/code.ts';
import type { Kernel } from '../../../compiler/kernel.ts';
import { formulaFunction } from '../../elementwise/formula-code.ts';
import { type Division, divide, tileSizes } from '../tiles.ts';
import { type Along, placeAlong, rowTable } from './geometry.ts';
import { type BatchEpilogue, type BatchProduct, extrasOf } from './problem.ts';
import { type RowTile, rowTile, rowTileFunction } from './row-tile.ts';
import { overTiles, tileRanges } from './tile-ranges.ts';

/** The tiles of rows, and of channels that are summed together. */
interface Divisions {
  readonly columns: Division;
  readonly channels: Division;
}

/** Threads take rows of the output, in the order of the images. */
export function batchProduct(product: BatchProduct): Kernel {
  const { input, output, rows, kernel, epilogue } = product;
  const divisions = chooseDivisions(product);
  const tiles = rowTiles(product, divisions.columns);
  const different = [...new Map(tiles.map((tile) => [tile.key, tile])).values()];
  const numberOf = ({ key }: RowTile) => different.findIndex((tile) => tile.key === key);
  const functions = tileSizes(divisions.channels).flatMap(([channels]) =>
    different.map((tile) => rowTileFunction(product, tile, tileName(numberOf(tile), channels), channels)),
  );
  const calls = (channels: number) =>
    tiles.map((tile) => callOf(product, tileName(numberOf(tile), channels), tile)).join('\n');
  const body = code`
    CHUNK(${output.blocks * output.height}, first, end);
    for (long item = first; item < end; item++) {
      const long block = item / ${output.height}, row = item % ${output.height};
      const float *x_block = x + block * ${input.block}L;
      const long row_place = block * ${output.block}L + row * ${output.row};
      ${overTiles('channel', divisions.channels, calls)}
    }
  `;
  const { formula, residual } = epilogue;
  const finishing = formula ? formulaFunction('epilogue', formula, residual ? 2 : 1) : '';
  const parts = [rowTable(rows, kernel[0]), finishing, ...functions];
  return { code: `${parts.join('')}${kernelFunction(operandsOf(epilogue), body)}` };
}

function tileName(number: number, channels: number): string {
  return `NAME_tile${number}_${channels}`;
}

function operandsOf(epilogue: BatchEpilogue): string[] {
  return [...['x', 'w', ...extrasOf(epilogue)].map((name) => `const float *${name}`), 'float *y'];
}

function callOf({ target, output, to, epilogue }: BatchProduct, name: string, tile: RowTile): string {
  const place = `row_place + channel * ${output.plane}L + ${tile.first * target.lanes}`;
  const values = [
    `x_block + ${tile.start * target.lanes}`,
    `w + ${placeAlong(to, 'channel')}`,
    ...extrasOf(epilogue).map((extra) => `${extra} + ${extra === 'residual' ? place : 'channel'}`),
    `y + ${place}`,
    'NAME_rows[row]',
  ];
  return `${name}(${values.join(', ')});`;
}

function rowTiles({ columns }: BatchProduct, ofColumns: Division): RowTile[] {
  return tileRanges(ofColumns).map(({ first, count }) => rowTile(columns.slice(first, first + count), first));
}

/** The divisions that take the least estimated time, of those for which sums, weights and a pixel fit into the registers. */
function chooseDivisions(product: BatchProduct): Divisions {
  const { columns, target } = product;
  let best = {
    columns: divide(columns.length, 1),
    channels: divide(product.to.count, 1),
    cost: Number.POSITIVE_INFINITY,
  };
  for (const channels of channelDivisions(product.to)) {
    for (let width = 1; width <= columns.length; width++) {
      if (width * channels.size + Math.min(width, channels.size) + 1 > target.registers) break;
      const divisions = { columns: divide(columns.length, width), channels };
      const cost = costOf(product, divisions);
      if (cost < best.cost) best = { ...divisions, cost };
    }
  }
  return best;
}

/** Channels that are summed together lie in one unit of the filter. */
function channelDivisions({ count, unit }: Along): Division[] {
  const sizes = range(Math.min(count, unit)).map((i) => i + 1);
  const fitting = count <= unit ? sizes : sizes.filter((size) => unit % size === 0 && count % size === 0);
  return fitting.map((size) => divide(count, size));
}

/** Cycles for one row of inputs: two multiplications or two loads in each, and some for each tile. */
function costOf(product: BatchProduct, { columns, channels }: Divisions): number {
  let cost = 0;
  for (const tile of rowTiles(product, columns)) {
    const taps = tile.columns.reduce((sum, column) => sum + column.length, 0);
    for (const [size, times] of tileSizes(channels)) {
      cost += times * (Math.max(taps * size, taps + product.kernel[1] * size) / 2 + 1);
    }
  }
  return cost;
}
