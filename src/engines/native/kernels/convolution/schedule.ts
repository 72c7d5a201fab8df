// How a tap convolution is cut up: tile, blocks that stay in cache, the order of loops and the split between threads.

import { flattened, inputBlocks, largestPhase, type TapProblem } from './problem.ts';
import { accumulators, chooseTile, type Tile } from './tiles.ts';

export interface Schedule {
  readonly tile: Tile;
  /** Pieces (of a tile's size) of images and rows in a block of positions. */
  readonly imagePieces: number;
  readonly rowPieces: number;
  /** Blocks of input channels in a pass. */
  readonly channelBlocks: number;
  /** What threads divide: blocks of positions, then outputs, or outputs alone. */
  readonly split: 'positions' | 'outputs';
  /** The outer one of the loops over sets of outputs and over passes. */
  readonly order: 'outputs' | 'passes';
  readonly prefetch: boolean;
}

/** The problem, with images flattened where that makes better tiles, and its schedule. */
export function scheduled(problem: TapProblem): readonly [TapProblem, Schedule] {
  const flat = flattened(problem);
  const [own, other] = [tileFor(problem), flat && tileFor(flat)];
  const best =
    flat && other && other.cost < own.cost * 0.97 && largestPhase(problem).height < 28 ? flat : problem;
  return [best, scheduleFor(best)];
}

function tileFor(problem: TapProblem): Tile & { readonly cost: number } {
  const vectors = Math.min(problem.filter.vectors, Math.ceil(problem.outputs / problem.target.lanes));
  const most = Math.floor(accumulators(problem.target) / vectors);
  return chooseTile({ ...largestPhase(problem), images: problem.images }, vectors, most);
}

/** Rules of thumb, from measurements with 16 lanes on images of 7 x 7 to 56 x 56. */
function scheduleFor(problem: TapProblem): Schedule {
  const { cost: _, ...tile } = tileFor(problem);
  const { height, width, taps } = largestPhase(problem);
  const pixels = height * width;
  const large = pixels >= 28 * 28;
  const medium = pixels >= 14 * 14;
  const rows = large ? (height % 4 === 0 ? 4 : 14) : height;
  const images = large ? 1 : medium ? 4 : Math.max(4, 2 * tile.images);
  return {
    tile,
    imagePieces: Math.max(1, Math.floor(images / tile.images)),
    rowPieces: Math.max(1, Math.floor(rows / tile.height)),
    channelBlocks: Math.min(inputBlocks(problem), taps > 1 ? 8 : 16),
    split: large || (medium && problem.images >= 8) ? 'positions' : 'outputs',
    order: taps === 1 && large ? 'passes' : 'outputs',
    prefetch: taps === 1 && large,
  };
}
