// A convolution of images in the lanes, or the gradient of its input: out[o] = sum over i and taps of in[i] weight[o, i, tap].
// Every lane is an image of its own, so that a weight is one number for all lanes. Pieces of rows of some channels are summed
// in registers; what would meet padding is left out.
import { range } from '../../../compiler/c.ts';
import { code, kernelFunction } from '../../../compiler/code.ts';
import type { Kernel } from '../../../compiler/kernel.ts';
import { formulaFunction } from '../../elementwise/formula-code.ts';
import { type Cut, cut, sizesOf } from '../tiles.ts';
import { overCut, stretchesOf } from './cuts.ts';
import { type Along, placeAlong, rowTable } from './geometry.ts';
import { type Piece, pieceFunction, pieceOf } from './piece.ts';
import { type BatchEpilogue, type BatchProduct, extrasOf } from './problem.ts';

/** How rows are cut into pieces, and channels that are summed together. */
interface Cuts {
  readonly columns: Cut;
  readonly channels: Cut;
}

/** Threads take rows of the output, in the order of the images. */
export function batchProduct(product: BatchProduct): Kernel {
  const { input, output, rows, kernel, epilogue } = product;
  const cuts = cutsFor(product);
  const pieces = piecesAlong(product, cuts.columns);
  const different = [...new Map(pieces.map((piece) => [piece.key, piece])).values()];
  const numberOf = ({ key }: Piece) => different.findIndex((piece) => piece.key === key);
  const functions = sizesOf(cuts.channels).flatMap(([channels]) =>
    different.map((piece) => pieceFunction(product, piece, pieceName(numberOf(piece), channels), channels)),
  );
  const calls = (channels: number) =>
    pieces.map((piece) => callOf(product, pieceName(numberOf(piece), channels), piece)).join('\n');
  const body = code`
    CHUNK(${output.blocks * output.height}, first, end);
    for (long turn = first; turn < end; turn++) {
      const long block = turn / ${output.height}, row = turn % ${output.height};
      const float *x_block = x + block * ${input.block}L;
      const long row_place = block * ${output.block}L + row * ${output.row};
      ${overCut('channel', cuts.channels, calls)}
    }
  `;
  const { formula, residual } = epilogue;
  const finishing = formula ? formulaFunction('epilogue', formula, residual ? 2 : 1) : '';
  const parts = [rowTable(rows, kernel[0]), finishing, ...functions];
  return { code: `${parts.join('')}${kernelFunction(operandsOf(epilogue), body)}` };
}

function pieceName(number: number, channels: number): string {
  return `NAME_piece${number}_${channels}`;
}

function operandsOf(epilogue: BatchEpilogue): string[] {
  return [...['x', 'w', ...extrasOf(epilogue)].map((name) => `const float *${name}`), 'float *y'];
}

function callOf({ target, output, to, epilogue }: BatchProduct, name: string, piece: Piece): string {
  const place = `row_place + channel * ${output.plane}L + ${piece.first * target.lanes}`;
  const values = [
    `x_block + ${piece.start * target.lanes}`,
    `w + ${placeAlong(to, 'channel')}`,
    ...extrasOf(epilogue).map((extra) => `${extra} + ${extra === 'residual' ? place : 'channel'}`),
    `y + ${place}`,
    'NAME_rows[row]',
  ];
  return `${name}(${values.join(', ')});`;
}

function piecesAlong({ columns }: BatchProduct, ofColumns: Cut): Piece[] {
  return stretchesOf(ofColumns).map(({ first, count }) =>
    pieceOf(columns.slice(first, first + count), first),
  );
}

/** The cuts that take the least estimated time, of those for which sums, weights and a pixel fit into the registers. */
function cutsFor(product: BatchProduct): Cuts {
  const { columns, target } = product;
  let best = {
    columns: cut(columns.length, 1),
    channels: cut(product.to.count, 1),
    cost: Number.POSITIVE_INFINITY,
  };
  for (const channels of channelCuts(product.to)) {
    for (let width = 1; width <= columns.length; width++) {
      if (width * channels.size + Math.min(width, channels.size) + 1 > target.registers) break;
      const cuts = { columns: cut(columns.length, width), channels };
      const cost = costOf(product, cuts);
      if (cost < best.cost) best = { ...cuts, cost };
    }
  }
  return best;
}

/** Channels that are summed together lie in one unit of the filter. */
function channelCuts({ count, unit }: Along): Cut[] {
  const sizes = range(Math.min(count, unit)).map((i) => i + 1);
  const fitting = count <= unit ? sizes : sizes.filter((size) => unit % size === 0 && count % size === 0);
  return fitting.map((size) => cut(count, size));
}

/** Cycles for one row of inputs: two multiplications or two loads in each, and some for each piece. */
function costOf(product: BatchProduct, { columns, channels }: Cuts): number {
  let cost = 0;
  for (const piece of piecesAlong(product, columns)) {
    const taps = piece.columns.reduce((sum, column) => sum + column.length, 0);
    for (const [size, times] of sizesOf(channels)) {
      cost += times * (Math.max(taps * size, taps + product.kernel[1] * size) / 2 + 1);
    }
  }
  return cost;
}
