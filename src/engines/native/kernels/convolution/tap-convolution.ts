// Tap convolution: the loops over blocks of positions, outputs and input channels around the register tiles.
import { block, kernelFunction, lines, sum, times } from './code.ts';
import { type Extra, extrasOf, parametersOf } from './epilogue.ts';
import type { AxisPhase, Phase } from './geometry.ts';
import { inputBlocks, largestPhase, outputVectors, type TapProblem } from './problem.ts';
import type { Schedule } from './schedule.ts';
import { type TileSettings, tileFunction, tileName } from './tap-tile.ts';
import { type Cut, cut, piecesOf, type Tile } from './tiles.ts';

/** C for a tap convolution. */
export interface TapCode {
  /** Static functions. */
  readonly functions: string;
  /** Statements that run this thread's share; they use x, w, y and the epilogue's operands by their names. */
  readonly statements: string;
}

interface Plan {
  readonly problem: TapProblem;
  readonly schedule: Schedule;
  readonly settings: TileSettings;
  readonly passes: number;
  /** Sets of output vectors, over all groups. */
  readonly outputs: number;
  readonly imageBlocks: number;
  readonly rowBlocks: number;
}

/** Taps times channels up to which the loop over taps is unrolled, too. */
const MOST_UNROLLED = 32;

export function tapConvolution(problem: TapProblem, schedule: Schedule): TapCode {
  const plan = planOf(problem, schedule);
  const tiles = new Map<string, string>();
  const regions = vectorCounts(plan).map((vectors) => regionFunction(plan, vectors, tiles));
  const tables = plan.settings.table ? problem.phases.map((phase, i) => tapTable(problem, phase, i)) : [];
  return {
    functions: lines(...tables, ...tiles.values(), ...regions),
    statements: driver(plan),
  };
}

function planOf(problem: TapProblem, schedule: Schedule): Plan {
  const { height, taps } = largestPhase(problem);
  const passes = Math.ceil(inputBlocks(problem) / schedule.channelBlocks);
  const unrolls = problem.phases.length === 1 && taps * problem.channels <= MOST_UNROLLED;
  return {
    problem,
    schedule,
    passes,
    settings: {
      passes: passes > 1,
      table: taps > 1,
      unrollTaps: unrolls && taps > 1 ? taps : undefined,
      prefetch: schedule.prefetch,
    },
    outputs: problem.groups * problem.filter.sets,
    imageBlocks: Math.ceil(piecesOf(cut(problem.images, schedule.tile.images)) / schedule.imagePieces),
    rowBlocks: Math.ceil(piecesOf(cut(height, schedule.tile.height)) / schedule.rowPieces),
  };
}

/** Vectors in a set of outputs: in every set but the last, and in the last. */
function vectorCounts({ problem }: Plan): number[] {
  const { vectors, sets } = problem.filter;
  const last = outputVectors(problem) - (sets - 1) * vectors;
  return last === vectors ? [vectors] : sets === 1 ? [last] : [vectors, last];
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

function tapTable(problem: TapProblem, phase: Phase, number: number): string {
  const entries = tapOffsets(problem, phase).map(([x, w]) => `{${x}, ${w}}`);
  return `static const int NAME_taps${number}[][2] = {${entries.join(', ') || '{0, 0}'}};`;
}

/** The function that computes one block of positions of one set of outputs in one pass over input channels. */
function regionFunction(plan: Plan, vectors: number, tiles: Map<string, string>): string {
  const { problem, rowBlocks, settings, passes } = plan;
  const { filter, groups, input, output } = problem;
  const extras = extrasOf(problem.epilogue);
  const group = groups > 1 ? `output / ${filter.sets}` : 0;
  return kernelFunction(
    regionName(vectors),
    [
      'const float *x',
      'const float *w',
      'float *y',
      ...parametersOf(problem.epilogue),
      'long position',
      'long output',
      ...(settings.passes ? ['int pass'] : []),
    ],
    `x += ${sum(times(group === 0 ? 0 : `(${group})`, inputBlocks(problem) * input.block), passOffset(plan, input.block))};`,
    `w += ${sum(times('output', filter.outputs), passOffset(plan, filter.block))};`,
    `y += ${times('output', filter.vectors * output.block)};`,
    ...extras.map(
      ({ name, image }) =>
        `${name} += ${times('output', filter.vectors * (image?.block ?? problem.target.lanes))};`,
    ),
    `const long image_block = position / ${rowBlocks}, row_block = position % ${rowBlocks};`,
    settings.passes
      ? `const int first = pass == 0, last = pass == ${passes - 1}, blocks = last ? ${inputBlocks(problem) - (passes - 1) * plan.schedule.channelBlocks} : ${plan.schedule.channelBlocks};`
      : '',
    ...problem.phases.map((phase, i) => phaseLoops(plan, phase, i, vectors, tiles)),
  );
}

function passOffset({ settings, schedule }: Plan, step: number): string | number {
  return settings.passes ? times('pass', schedule.channelBlocks * step) : 0;
}

function regionName(vectors: number): string {
  return `NAME_region_${vectors}`;
}

function phaseLoops(
  plan: Plan,
  phase: Phase,
  number: number,
  vectors: number,
  tiles: Map<string, string>,
): string {
  const { problem, schedule, settings } = plan;
  const { tile } = schedule;
  const empty = phase.rows.taps.length * phase.columns.taps.length === 0;
  const loops = pieces(
    'n',
    cut(problem.images, tile.images),
    ['image_block', schedule.imagePieces],
    (images, n) =>
      pieces('h', cut(phase.rows.count, tile.height), ['row_block', schedule.rowPieces], (height, h) =>
        pieces('v', cut(phase.columns.count, tile.width), undefined, (width, v) =>
          tileCall(plan, phase, number, { width, height, images }, vectors, [n, h, v], tiles),
        ),
      ),
  );
  if (empty && settings.passes) return block('if (first)', loops);
  return loops;
}

/**
 * Loops over the pieces of a cut, all of them or block number [name] of [size] pieces; `body` is given the piece's size and
 * its first position.
 */
function pieces(
  name: string,
  axis: Cut,
  part: readonly [name: string, size: number] | undefined,
  body: (size: number, position: string) => string,
): string {
  const { size, large, small } = axis;
  const total = large + small;
  const all = part === undefined || part[1] >= total;
  const from = all ? '0' : `${part[0]} * ${part[1]}`;
  const loop = (start: string, end: string, extent: number, position: string): string =>
    total === 1
      ? body(extent, '0')
      : block(`for (long ${name} = ${start}; ${name} < ${end}; ${name}++)`, body(extent, position));
  if (all) {
    return lines(
      loop('0', `${large}`, size, `${name} * ${size}`),
      small > 0 && loop(`${large}`, `${total}`, size - 1, `(${name} * ${size - 1} + ${large})`),
    );
  }
  const end = `${name}_end`;
  return block(
    '',
    `const long ${name}_start = ${from}, ${end} = ${name}_start + ${part[1]} < ${total} ? ${name}_start + ${part[1]} : ${total};`,
    small === 0
      ? loop(`${name}_start`, end, size, `${name} * ${size}`)
      : lines(
          `long ${name} = ${name}_start;`,
          block(`for (; ${name} < ${end} && ${name} < ${large}; ${name}++)`, body(size, `${name} * ${size}`)),
          block(`for (; ${name} < ${end}; ${name}++)`, body(size - 1, `(${name} * ${size - 1} + ${large})`)),
        ),
  );
}

function tileCall(
  { problem, settings }: Plan,
  phase: Phase,
  number: number,
  tile: Tile,
  vectors: number,
  [n, h, v]: readonly [string, string, string],
  tiles: Map<string, string>,
): string {
  const variant = { ...tile, vectors };
  const name = tileName(variant);
  if (!tiles.has(name)) tiles.set(name, tileFunction(problem, variant, settings));
  const offsets = tapOffsets(problem, phase);
  const [xTap, wTap] = settings.table ? [0, 0] : (offsets[0] ?? [0, 0]);
  const { input, output } = problem;
  const { rows, columns } = phase;
  const place = (image: { image: number; row: number; pixel: number; origin: number }): string =>
    sum(
      image.origin + first(rows, image.row) + first(columns, image.pixel),
      times(n, image.image),
      times(h, rows.outputStep * image.row),
      times(v, columns.outputStep * image.pixel),
    );
  const x = sum(
    input.origin + xTap,
    times(n, input.image),
    times(h, rows.inputStep * input.row),
    times(v, columns.inputStep * input.pixel),
  );
  const extra = ({ name: operand, image }: Extra): string =>
    image ? `${operand} + ${place(image)}` : operand;
  const blocks = offsets.length === 0 ? '0' : settings.passes ? 'blocks' : `${inputBlocks(problem)}`;
  const values = [
    `x + ${x}`,
    `w + ${wTap}`,
    `y + ${place(output)}`,
    ...extrasOf(problem.epilogue).map(extra),
    ...(settings.table ? [`NAME_taps${number}`, `${offsets.length}`] : []),
    blocks,
    ...(settings.passes ? ['first', offsets.length === 0 ? '1' : 'last'] : []),
  ];
  return `${name}(${values.join(', ')});`;
}

function first({ first: position }: AxisPhase, step: number): number {
  return position * step;
}

/** Loops over this thread's share of blocks of positions and sets of outputs. */
function driver(plan: Plan): string {
  const { schedule, outputs, imageBlocks, rowBlocks } = plan;
  const positions = imageBlocks * rowBlocks;
  if (schedule.split === 'outputs') {
    const overOutputs = (...body: string[]): string =>
      block('for (long output = first_output; output < end_output; output++)', ...body);
    const overPositions = (...body: string[]): string =>
      block(`for (long position = 0; position < ${positions}; position++)`, ...body);
    return lines(
      `SHARE(${outputs}, first_output, end_output);`,
      schedule.order === 'passes'
        ? overPositions(overPasses(plan, overOutputs(regionCall(plan))))
        : overOutputs(overPositions(overPasses(plan, regionCall(plan)))),
    );
  }
  const overOutputs = (...body: string[]): string =>
    block('for (long output = first_output; output < end_output; output++)', ...body);
  return lines(
    `/* ${positions} blocks of positions x ${outputs} sets of outputs, outputs fastest */`,
    `SHARE(${positions * outputs}, item, end_item);`,
    block(
      'while (item < end_item)',
      `const long position = item / ${outputs}, first_output = item % ${outputs};`,
      `const long left = end_item - item + first_output, end_output = left < ${outputs} ? left : ${outputs};`,
      schedule.order === 'passes'
        ? overPasses(plan, overOutputs(regionCall(plan)))
        : overOutputs(overPasses(plan, regionCall(plan))),
      'item += end_output - first_output;',
    ),
  );
}

function overPasses({ passes }: Plan, body: string): string {
  return passes > 1 ? block(`for (int pass = 0; pass < ${passes}; pass++)`, body) : body;
}

function regionCall(plan: Plan): string {
  const { problem, settings, outputs } = plan;
  const values = [
    'x',
    'w',
    'y',
    ...extrasOf(problem.epilogue).map(({ name }) => name),
    'position',
    'output',
    ...(settings.passes ? ['pass'] : []),
  ].join(', ');
  const [most, last] = vectorCounts(plan) as [number, number?];
  if (last === undefined) return `${regionName(most)}(${values});`;
  return lines(
    `if (output < ${outputs - 1}) ${regionName(most)}(${values});`,
    `else ${regionName(last)}(${values});`,
  );
}
