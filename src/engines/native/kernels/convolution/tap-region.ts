// The middle function of tap convolution: one block of positions of one set of outputs, in one pass over input channels.
import { block, lines, outlinedFunction, sum, times } from '../../compiler/code.ts';
import { type Extra, extrasOf, parametersOf } from './epilogue.ts';
import type { Phase } from './geometry.ts';
import { inputBlocks, type TapProblem } from './problem.ts';
import type { OutputSet, TapPlan } from './tap-plan.ts';
import { tileFunction, tileName } from './tap-tile.ts';
import { type Division, divide, type Tile } from './tiles.ts';

export function regionName(vectors: number): string {
  return `NAME_region_${vectors}`;
}

/** The names of the region's parameters, which are those of the variables that are passed. */
export function regionArguments({ problem, settings }: TapPlan): string[] {
  const extras = extrasOf(problem.epilogue).map(({ name }) => name);
  return ['x', 'w', 'y', ...extras, 'position', 'output', ...(settings.passes ? ['pass'] : [])];
}

/** @param tiles tile functions by name, to which those that are needed are added */
export function regionFunction(plan: TapPlan, set: OutputSet, tiles: Map<string, string>): string {
  const { problem, settings } = plan;
  const parameters = [
    'const float *x',
    'const float *w',
    'float *y',
    ...parametersOf(problem.epilogue),
    'long position',
    'long output',
    ...(settings.passes ? ['int pass'] : []),
  ];
  return outlinedFunction(
    regionName(set.vectors),
    parameters,
    pointers(plan),
    ...problem.phases.map((_, i) => phaseLoops(plan, i, set, tiles)),
  );
}

/** Moves the operands to the block's images, the pass's channels and the set's outputs. */
function pointers({ problem, schedule, settings, passes, outputs, rowBlocks }: TapPlan): string {
  const { filter, groups, input, output, target } = problem;
  const { images, channelBlocks } = schedule;
  const { sets } = schedule.tiling;
  const inputs = inputBlocks(problem);
  const set = outputs > 1 ? 'output' : 0;
  const pass = (step: number): string | number => (settings.passes ? times('pass', channelBlocks * step) : 0);
  const group = groups > 1 ? times(`(output / ${sets.count})`, inputs * input.block) : 0;
  const imagesAt = (step: number): string | number => times('image', images * step);
  const extra = ({ name, image }: Extra): string =>
    `${name} += ${sum(times(set, sets.size * (image?.block ?? target.lanes)), image ? imagesAt(image.image) : 0)};`;
  const lastBlocks = inputs - (passes - 1) * channelBlocks;
  return lines(
    rowBlocks > 1
      ? `const long image = position / ${rowBlocks}, row_block = position % ${rowBlocks};`
      : 'const long image = position;',
    settings.passes && `const int first = pass == 0, last = pass == ${passes - 1};`,
    settings.passes && `const int blocks = last ? ${lastBlocks} : ${channelBlocks};`,
    `x += ${sum(imagesAt(input.image), group, pass(input.block))};`,
    `w += ${sum(times(set, (sets.size / filter.vectors) * filter.outputs), pass(filter.block))};`,
    `y += ${sum(imagesAt(output.image), times(set, sets.size * output.block))};`,
    ...extrasOf(problem.epilogue).map(extra),
  );
}

/** All tiles of a phase. One without taps has only what sums start from, and nothing to do after the first pass. */
function phaseLoops(plan: TapPlan, number: number, set: OutputSet, tiles: Map<string, string>): string {
  const { problem, schedule, settings, rowBlocks } = plan;
  const { rows, columns } = problem.phases[number];
  const tile = set.tiles[number];
  const part = rowBlocks > 1 ? schedule.rowPieces : undefined;
  const loops = tileLoops('n', divide(schedule.images, tile.images), (images, n) =>
    tileLoops(
      'h',
      divide(rows.count, tile.height),
      (height, h) =>
        tileLoops('v', divide(columns.count, tile.width), (width, v) =>
          tileCall(plan, number, { width, height, images }, set.vectors, [n, h, v], tiles),
        ),
      part,
    ),
  );
  const empty = rows.taps.length * columns.taps.length === 0;
  return empty && settings.passes ? block('if (first)', loops) : loops;
}

/**
 * Loops over the tiles of a division, or over those of block number `row_block`, of `part` tiles. `body` is given a tile's
 * size and its first position.
 */
function tileLoops(
  name: string,
  { size, large, small }: Division,
  body: (size: number, position: string) => string,
  part?: number,
): string {
  const first = body(size, large + small === 1 && !part ? '0' : `${name} * ${size}`);
  const second = small > 0 ? body(size - 1, `(${name} * ${size - 1} + ${large})`) : '';
  const loop = (from: string, to: string, inner: string): string =>
    block(`for (long ${name} = ${from}; ${name} < ${to}; ${name}++)`, inner);
  if (part) return tileLoopsOfBlock(name, [large, small], [first, second], part);
  return lines(
    large + small === 1 ? first : loop('0', `${large}`, first),
    small > 0 && loop(`${large}`, `${large + small}`, second),
  );
}

function tileLoopsOfBlock(
  name: string,
  [large, small]: readonly [number, number],
  [first, second]: readonly [string, string],
  part: number,
): string {
  const total = large + small;
  return block(
    '',
    `long ${name} = row_block * ${part};`,
    `const long end = ${name} + ${part} < ${total} ? ${name} + ${part} : ${total};`,
    block(`for (; ${name} < end${small > 0 ? ` && ${name} < ${large}` : ''}; ${name}++)`, first),
    small > 0 && block(`for (; ${name} < end; ${name}++)`, second),
  );
}

/** The offset of a tile in an image that is written, or read beside it. */
function placeOf(
  { rows, columns }: Phase,
  image: { readonly image: number; readonly row: number; readonly pixel: number; readonly origin: number },
  [n, h, v]: readonly [string, string, string],
): string {
  return sum(
    image.origin + rows.first * image.row + columns.first * image.pixel,
    times(n, image.image),
    times(h, rows.outputStep * image.row),
    times(v, columns.outputStep * image.pixel),
  );
}

function tileCall(
  { problem, settings }: TapPlan,
  number: number,
  tile: Tile,
  vectors: number,
  position: readonly [string, string, string],
  tiles: Map<string, string>,
): string {
  const variant = { ...tile, vectors };
  const name = tileName(variant);
  if (!tiles.has(name)) tiles.set(name, tileFunction(problem, variant, settings));
  const phase = problem.phases[number];
  const offsets = tapOffsets(problem, phase);
  const [xTap, wTap] = settings.taps !== 'single' ? [0, 0] : (offsets[0] ?? [0, 0]);
  const { input, output, epilogue } = problem;
  const x = sum(
    input.origin + xTap,
    times(position[0], input.image),
    times(position[1], phase.rows.inputStep * input.row),
    times(position[2], phase.columns.inputStep * input.pixel),
  );
  const extra = ({ name: operand, image }: Extra): string =>
    image ? `${operand} + ${placeOf(phase, image, position)}` : operand;
  const empty = offsets.length === 0;
  const values = [
    `x + ${x}`,
    `w + ${wTap}`,
    `y + ${placeOf(phase, output, position)}`,
    ...extrasOf(epilogue).map(extra),
    ...(settings.taps === 'table' ? [`NAME_taps${number}`, `${offsets.length}`] : []),
    empty ? '0' : settings.passes ? 'blocks' : `${inputBlocks(problem)}`,
    ...(settings.passes ? ['first', empty ? '1' : 'last'] : []),
  ];
  return `${name}(${values.join(', ')});`;
}

/** Offsets of a phase's taps in the image and in the filter. */
function tapOffsets(
  { input, filter, kernelWidth }: TapProblem,
  { rows, columns }: Phase,
): [number, number][] {
  return rows.taps.flatMap((u) =>
    columns.taps.map((v): [number, number] => [
      u.offset * input.row + v.offset * input.pixel,
      (u.index * kernelWidth + v.index) * filter.tap,
    ]),
  );
}

export function tapTable(problem: TapProblem, number: number): string {
  const entries = tapOffsets(problem, problem.phases[number]).map(([x, w]) => `{${x}, ${w}}`);
  return `static const int NAME_taps${number}[][2] = {${entries.join(', ') || '{0, 0}'}};`;
}
