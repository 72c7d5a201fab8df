// How a tap convolution is cut up: tiles, blocks that stay in cache, the order of loops and the split between threads.
import type { Phase } from './geometry.ts';
import { bordered, flattened, inputBlocks, largestPhase, type TapProblem } from './problem.ts';
import { accumulators, chooseTile, type Tile } from './tiles.ts';

export interface Schedule {
  /** For each phase. */
  readonly tiles: readonly Tile[];
  /** Images in a block of positions; they divide the images. */
  readonly images: number;
  /** Rows of tiles in a block of positions. */
  readonly rowPieces: number;
  /** Blocks of input channels in a pass. */
  readonly channelBlocks: number;
  /** What threads divide: blocks of positions, then outputs, or outputs alone. */
  readonly split: 'positions' | 'outputs';
  /** The outer one of the loops over sets of outputs and over passes. */
  readonly order: 'outputs' | 'passes';
  readonly prefetch: boolean;
}

/** The problem in the form that takes the least estimated time, and its schedule. */
export function scheduled(problem: TapProblem): readonly [TapProblem, Schedule] {
  const { height, width } = largestPhase(problem);
  const images = divisorNear(problem.images, imagesFor(height * width));
  const small = height * width < LARGE;
  const others = small ? [flattened(problem), bordered(problem)] : [];
  let best = { problem, ...tilesFor(problem, images) };
  for (const other of others) {
    if (!other) continue;
    const { tiles, cost } = tilesFor(other, images);
    if (cost < best.cost * 0.95) best = { problem: other, tiles, cost };
  }
  return [best.problem, scheduleFor(best.problem, best.tiles, images, height * width)];
}

/** Pixels from which an image is cut up by rows, and from which a few images fill the cache. */
const LARGE = 28 * 28;
const MEDIUM = 14 * 14;

/** Images in a block of positions: about as many pixels as a medium image has. */
function imagesFor(pixels: number): number {
  return pixels >= LARGE ? 1 : pixels >= MEDIUM ? 4 : Math.ceil(MEDIUM / pixels);
}

function divisorNear(count: number, wish: number): number {
  let best = 1;
  for (let divisor = 2; divisor <= count; divisor++) {
    const distance = Math.abs(Math.log(divisor / wish));
    if (count % divisor === 0 && distance < Math.abs(Math.log(best / wish))) best = divisor;
  }
  return best;
}

function tilesFor(problem: TapProblem, images: number): { tiles: Tile[]; cost: number } {
  const vectors = Math.min(problem.filter.vectors, Math.ceil(problem.outputs / problem.target.lanes));
  const most = Math.floor(accumulators(problem.target) / vectors);
  const chosen = problem.phases.map(({ rows, columns }) =>
    chooseTile({ height: rows.count, width: columns.count, images }, vectors, most),
  );
  const costs = chosen.map(({ cost }, i) => cost * Math.max(tapsOf(problem.phases[i]!), 0.3));
  const tiles = chosen.map(({ width, height, images: n }) => ({ width, height, images: n }));
  return { tiles, cost: costs.reduce((total, cost) => total + cost, 0) };
}

function tapsOf({ rows, columns }: Phase): number {
  return rows.taps.length * columns.taps.length;
}

/** Rules of thumb, from measurements with 16 lanes on images of 1 x 1 to 56 x 56. */
function scheduleFor(problem: TapProblem, tiles: readonly Tile[], images: number, pixels: number): Schedule {
  const { height, taps } = largestPhase(problem);
  const large = pixels >= LARGE;
  const rows = large ? (height % 4 === 0 ? 4 : 14) : height;
  return {
    tiles,
    images,
    rowPieces: Math.max(1, Math.floor(rows / tiles[0]!.height)),
    channelBlocks: Math.min(inputBlocks(problem), taps > 1 === pixels < MEDIUM || large ? 4 : 8),
    split: large || (pixels >= MEDIUM && problem.images >= 8) ? 'positions' : 'outputs',
    order: taps === 1 && large ? 'passes' : 'outputs',
    prefetch: taps === 1 && large,
  };
}
