// How a tap convolution is divided: tiles, blocks that stay in cache, the order of loops and the split between threads.
import { bordered, flattened, inputBlocks, largestPhase, type TapProblem } from './problem.ts';
import { cheapestTiling, type Split, type Tiling, tilings } from './tiling.ts';

export interface Schedule {
  /** Whether images are read as they are, as one long row each, or in parts that touch no padding. */
  readonly form: Form;
  readonly tiling: Tiling;
  /** Images in a block of positions; they divide the images. */
  readonly images: number;
  /** Rows of tiles in a block of positions. */
  readonly rowPieces: number;
  /** Blocks of input channels in a pass. */
  readonly channelBlocks: number;
  readonly split: Split;
  /** The outer one of the loops over sets of outputs and over passes. */
  readonly order: 'outputs' | 'passes';
  readonly prefetch: boolean;
}

type Form = 'rows' | 'flat' | 'bordered';

/** A problem, in the form that its schedule is for. */
export interface Scheduled {
  readonly problem: TapProblem;
  readonly schedule: Schedule;
}

/** The problem in the form that takes the least estimated time, and its schedule. */
export function scheduled(problem: TapProblem): Scheduled {
  const { height, width } = largestPhase(problem);
  const pixels = height * width;
  const images = divisorNear(problem.images, imagesFor(pixels));
  const split = splitFor(problem, pixels);
  const [plain, ...others] = formsOf(problem);
  let best = { ...plain, tiling: cheapestTiling(problem, images, split) };
  for (const other of pixels < LARGE ? others : []) {
    const tiling = cheapestTiling(other.problem, images, split);
    if (tiling.cost < best.tiling.cost * 0.95) best = { ...other, tiling };
  }
  return scheduledBy(best, images, split, pixels);
}

interface Formed {
  readonly form: Form;
  readonly problem: TapProblem;
}

function formsOf(problem: TapProblem): [Formed, ...Formed[]] {
  const flat = flattened(problem);
  const pieces = bordered(problem);
  return [
    { form: 'rows', problem },
    ...(flat ? [{ form: 'flat', problem: flat } as const] : []),
    ...(pieces ? [{ form: 'bordered', problem: pieces } as const] : []),
  ];
}

/** Pixels from which an image is divided by rows, and from which a few images fill the cache. */
const LARGE = 28 * 28;
const MEDIUM = 14 * 14;

/** Weights of a set of outputs that a pass goes through: they stay near while positions go by. */
const CACHED_WEIGHTS = 16 * 1024;

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

function splitFor({ images }: TapProblem, pixels: number): Split {
  return pixels >= LARGE || (pixels >= MEDIUM && images >= 8) ? 'positions' : 'outputs';
}

/** Rules of thumb, from measurements with 16 lanes on images of 1 x 1 to 56 x 56. */
function scheduledBy(
  { form, problem, tiling }: Formed & { readonly tiling: Tiling },
  images: number,
  split: Split,
  pixels: number,
): Scheduled {
  const { height, taps } = largestPhase(problem);
  const large = pixels >= LARGE;
  const rows = large ? (height % 4 === 0 ? 4 : 14) : height;
  const schedule = {
    form,
    tiling,
    images,
    rowPieces: Math.max(1, Math.floor(rows / tiling.tiles[0].height)),
    channelBlocks: Math.min(
      inputBlocks(problem),
      taps > 1 === pixels < MEDIUM || large ? 4 : 8,
      Math.max(1, Math.round(CACHED_WEIGHTS / (taps * tiling.sets.size * problem.target.lanes ** 2))),
    ),
    split,
    order: taps === 1 && large ? 'passes' : 'outputs',
    prefetch: taps === 1 && large,
  } as const;
  return { problem, schedule };
}

/** A schedule in words, by which it is known again. */
export function methodOf({
  form,
  tiling: { sets, tiles },
  images,
  rowPieces,
  channelBlocks,
  split,
  order,
  prefetch,
}: Schedule): string {
  const { width, height, images: deep } = tiles[0];
  const tile = `tiles ${width}x${height}x${deep}x${sets.size}`;
  const blocks = `blocks ${images}x${rowPieces}x${channelBlocks}`;
  return [
    `direct ${form}`,
    tile,
    blocks,
    `by ${split}`,
    `${order} outside`,
    ...(prefetch ? ['prefetch'] : []),
  ].join(' ');
}

/** Phases up to which tuning tries a form: their code takes long to compile. */
const MOST_PHASES = 16;

/** Schedules that may be faster: that of the rules of thumb, then such that differ from it in one respect each. */
export function schedules(problem: TapProblem): Scheduled[] {
  const usual = scheduled(problem);
  const { schedule } = usual;
  const { images, rowPieces, split } = schedule;
  const changed = (changes: Partial<Schedule>): Scheduled => ({
    ...usual,
    schedule: { ...schedule, ...changes },
  });
  const withImages = (count: number): Scheduled =>
    changed({ images: count, tiling: cheapestTiling(usual.problem, count, split) });
  return [
    usual,
    ...tilings(usual.problem, images, split).map((tiling) => changed({ tiling })),
    changed({ split: split === 'outputs' ? 'positions' : 'outputs' }),
    changed({ order: schedule.order === 'outputs' ? 'passes' : 'outputs' }),
    changed({ prefetch: !schedule.prefetch }),
    ...[1, 2, 4, 8, 16]
      .filter((count) => count <= inputBlocks(usual.problem))
      .map((count) => changed({ channelBlocks: count })),
    ...[1, Math.ceil(rowPieces / 2), rowPieces * 2].map((count) => changed({ rowPieces: count })),
    ...[1, Math.ceil(images / 2), images * 2].filter((count) => problem.images % count === 0).map(withImages),
    ...otherForms(problem, schedule),
  ];
}

function otherForms(problem: TapProblem, { form, images, split }: Schedule): Scheduled[] {
  const { height, width } = largestPhase(problem);
  return formsOf(problem)
    .filter((other) => other.form !== form && other.problem.phases.length <= MOST_PHASES)
    .map((other) => {
      const tiling = cheapestTiling(other.problem, images, split);
      return scheduledBy({ ...other, tiling }, images, split, height * width);
    });
}
