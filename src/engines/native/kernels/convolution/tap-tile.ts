// The innermost function of tap convolution: one register tile of the output over some blocks of input channels.

import { range } from '../../../../base/numbers.ts';
import { repeat } from '../../compiler/c.ts';
import { block, indent, lines, outlinedFunction } from '../../compiler/code.ts';
import { finish, finishes, parametersOf } from './epilogue.ts';
import { largestPhase, type TapProblem } from './problem.ts';
import type { Tile } from './tiles.ts';

/** The variant of a tile function. */
export interface TileVariant extends Tile {
  /** Vectors of outputs. */
  readonly vectors: number;
}

/** Settings of all tile functions of a kernel. */
export interface TileSettings {
  /** Whether the channels are gone through in several passes, so that tiles are stored unfinished in between. */
  readonly passes: boolean;
  /** How taps are gone through: there is only one, or their number is known, or each call has its own table. */
  readonly taps: 'single' | 'unrolled' | 'table';
  /** Whether to fetch the pixels of the next tile in the row while this one is computed. */
  readonly prefetch: boolean;
}

export function tileName({ width, height, images, vectors }: TileVariant): string {
  return `NAME_tile_${width}x${height}x${images}_${vectors}`;
}

interface Position {
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly residual: number;
  readonly addend: number;
}

/** The positions of a tile with their offsets in the images. */
function positionsOf({ input, output, epilogue, phases }: TapProblem, tile: Tile): Position[] {
  const { rows, columns } = phases[0];
  return range(tile.images).flatMap((n) =>
    range(tile.height).flatMap((h) =>
      range(tile.width).map((w) => {
        const at = (image: { image: number; row: number; pixel: number } | undefined): number =>
          image
            ? n * image.image + h * rows.outputStep * image.row + w * columns.outputStep * image.pixel
            : 0;
        return {
          name: `${n * tile.height * tile.width + h * tile.width + w}`,
          input: n * input.image + h * rows.inputStep * input.row + w * columns.inputStep * input.pixel,
          output: at(output),
          residual: at(epilogue.residual),
          addend: at(epilogue.addend),
        };
      }),
    ),
  );
}

function tileParameters(problem: TapProblem, { passes, taps }: TileSettings): string[] {
  return [
    'const float *x',
    'const float *w',
    'float *y',
    ...parametersOf(problem.epilogue),
    ...(taps === 'table' ? ['const int (*taps)[2]', 'int tap_count'] : []),
    'int blocks',
    ...(passes ? ['int first', 'int last'] : []),
  ];
}

/** The function for one variant: sum_{y,0} = start + sum over blocks, taps and channels of pixel x weights, then finished. */
export function tileFunction(problem: TapProblem, variant: TileVariant, settings: TileSettings): string {
  const positions = positionsOf(problem, variant);
  const { vectors } = variant;
  const each = (make: (position: Position, vector: number, name: string) => string): string =>
    lines(...positions.map((p) => repeat(vectors, (j) => make(p, j, `s${p.name}_${j}`), ' ')));
  const { block: outputBlock } = problem.output;
  const { addend } = problem.epilogue;
  const start = each((p, j, s) =>
    addend ? `${s} = LOAD(addend + ${p.addend + j * addend.block});` : `${s} = ZERO;`,
  );
  const load = each((p, j, s) => `${s} = LOAD(y + ${p.output + j * outputBlock});`);
  const end = each((p, j, s) =>
    finish(problem.epilogue, s, j, p.residual + j * (problem.epilogue.residual?.block ?? 0)),
  );
  return outlinedFunction(
    tileName(variant),
    tileParameters(problem, settings),
    `vec ${positions.map((p) => repeat(vectors, (j) => `s${p.name}_${j}`, ', ')).join(', ')};`,
    settings.passes ? `${block('if (first)', start)} ${block('else', load)}` : start,
    blockLoop(problem, variant, positions, settings),
    finishes(problem.epilogue) ? (settings.passes ? block('if (last)', end) : end) : '',
    each((p, j, s) => `STORE(y + ${p.output + j * outputBlock}, ${s});`),
  );
}

function blockLoop(
  problem: TapProblem,
  variant: TileVariant,
  positions: readonly Position[],
  settings: TileSettings,
): string {
  const { input, filter } = problem;
  const channels = channelLoop(problem, variant, positions, settings);
  return block(
    `for (int block = 0; block < blocks; block++, x += ${input.block}, w += ${filter.block})`,
    settings.prefetch && prefetches(problem, variant, positions),
    tapLoop(problem, settings, channels),
  );
}

function tapLoop(problem: TapProblem, { taps }: TileSettings, channels: string): string {
  if (taps === 'single') return lines('const float *xt = x, *wt = w;', channels);
  const unrolled = taps === 'unrolled';
  const [table, count] = unrolled ? ['NAME_taps0', largestPhase(problem).taps] : ['taps', 'tap_count'];
  return lines(
    unrolled && `#pragma GCC unroll ${count}`,
    block(
      `for (int tap = 0; tap < ${count}; tap++)`,
      `const float *xt = x + ${table}[tap][0], *wt = w + ${table}[tap][1];`,
      channels,
    ),
  );
}

function prefetches({ phases, input }: TapProblem, { width }: Tile, positions: readonly Position[]): string {
  const ahead = width * phases[0].columns.inputStep * input.pixel;
  return lines(...positions.map((p) => `__builtin_prefetch(x + ${p.input + ahead});`));
}

/** Channels at a time that the loop over channels is unrolled by. */
const UNROLL = 4;

function channelLoop(
  problem: TapProblem,
  variant: TileVariant,
  positions: readonly Position[],
  { passes }: TileSettings,
): string {
  const { input, filter, channels, target } = problem;
  const steps = `xt += ${input.channel}, wt += ${filter.channel}`;
  const body = products(problem, variant.vectors, positions);
  const simple = (count: number): string =>
    lines(
      `#pragma GCC unroll ${Math.min(UNROLL, count)}`,
      block(`for (int c = 0; c < ${count}; c++, ${steps})`, body),
    );
  if (channels <= input.perBlock) return simple(channels);
  // The last block may have fewer channels; whole unrolled steps read zeros there.
  const tail = Math.ceil((channels % target.lanes) / UNROLL) * UNROLL;
  if (channels % target.lanes === 0 || tail === target.lanes) return simple(target.lanes);
  const isLast = passes ? 'last && block == blocks - 1' : 'block == blocks - 1';
  return lines(
    `int count = ${isLast} ? ${tail} : ${target.lanes};`,
    `for (int c = 0; c < count; c += ${UNROLL})`,
    indent(
      lines(`#pragma GCC unroll ${UNROLL}`, block(`for (int i = 0; i < ${UNROLL}; i++, ${steps})`, body)),
    ),
  );
}

function products({ filter, target }: TapProblem, vectors: number, positions: readonly Position[]): string {
  const place = (j: number): number =>
    Math.floor(j / filter.vectors) * filter.outputs + (j % filter.vectors) * target.lanes;
  const weights = repeat(vectors, (j) => `w${j} = LOAD(wt + ${place(j)})`, ', ');
  const product = ({ name, input }: Position): string =>
    `{ const float pixel = xt[${input}]; ${repeat(vectors, (j) => `s${name}_${j} += pixel * w${j};`, ' ')} }`;
  return lines(`const vec ${weights};`, ...positions.map(product));
}
