// The weight gradient's loops over filters and positions, and their split between threads.
import { range } from '../../c.ts';
import { block, lines, sum, times } from './code.ts';
import {
  type Chunk,
  channelsInBlock,
  chunkFor,
  type GradWeightProblem,
  type Span,
  type Sweeps,
  spanOf,
  sweepsOf,
} from './grad-weight-problem.ts';
import { type GradWeightSchedule, gradWeightSchedule } from './grad-weight-schedule.ts';
import { type SumsVariant, sumsFunction, sumsName } from './grad-weight-sums.ts';
import { cut, piecesOf, sizesOf } from './tiles.ts';

/** C for a weight gradient into the filter `dw`. */
export interface GradWeightCode {
  readonly functions: string;
  /** Statements before the first barrier. */
  readonly clear: string;
  /** Statements that sum this thread's share. */
  readonly sums: string;
  /** Statements that add up what threads have summed apart; none if they have not. */
  readonly reduce: string;
  /** Floats for what threads sum apart, `partial`. */
  readonly partial: number;
}

interface Plan {
  readonly problem: GradWeightProblem;
  readonly spans: readonly [Span, Span];
  readonly sweeps: Sweeps;
  readonly chunk: Chunk;
  readonly schedule: GradWeightSchedule;
  readonly blocks: number;
  /** Sets of output vectors, over all groups. */
  readonly sets: number;
  /** Units of work on the filter: sets x blocks of channels x chunks of kernel rows. */
  readonly items: number;
  readonly imageBlocks: number;
  readonly rowBlocks: number;
}

function planOf(problem: GradWeightProblem, dilations: readonly [number, number]): Plan {
  const spans = [
    spanOf(problem.phase.rows, dilations[0]),
    spanOf(problem.phase.columns, dilations[1]),
  ] as const;
  const sweeps = sweepsOf(problem);
  const schedule = gradWeightSchedule(problem, spans, sweeps);
  const chunk = chunkFor(problem, schedule.vectors, ...spans);
  const sets = problem.groups * Math.ceil((problem.filter.sets * problem.filter.vectors) / schedule.vectors);
  const blocks = Math.ceil(problem.channels / problem.input.perBlock);
  return {
    problem,
    spans,
    sweeps,
    chunk,
    schedule,
    blocks,
    sets,
    items: sets * blocks * piecesOf(cut(spans[0].count, chunk.rows)),
    imageBlocks: Math.ceil(sweeps[0].count / schedule.images),
    rowBlocks: Math.ceil(sweeps[1].count / schedule.rows),
  };
}

export function gradWeightCode(
  problem: GradWeightProblem,
  dilations: readonly [number, number],
): GradWeightCode {
  const { filter } = problem;
  const [rows, columns] = [spanOf(problem.phase.rows, 1), spanOf(problem.phase.columns, 1)];
  if (rows.count * columns.count === 0) {
    const clear = `if (me == 0) memset(dw, 0, ${filter.size * 4}L);`;
    return { functions: '', clear, sums: '', reduce: '', partial: 0 };
  }
  const plan = planOf(problem, dilations);
  const functions = new Map<string, string>();
  const apart = plan.schedule.split === 'positions';
  const sums = apart ? sumsByPositions(plan, functions) : sumsByFilters(plan, functions);
  return {
    functions: lines(...functions.values()),
    clear: apart ? '' : clearCode(plan),
    sums,
    reduce: apart ? reduction(filter.size) : '',
    partial: apart ? problem.target.threads * filter.size : 0,
  };
}

/** Whether lanes without a channel or vectors without outputs get no sum. */
function hasEmptyLanes({ problem, chunk }: Plan): boolean {
  const { filter, channels, outputs, target } = problem;
  const inLast = channels % target.lanes || target.lanes;
  const covered = Math.ceil(inLast / chunk.channels) * chunk.channels;
  return covered < target.lanes || Math.ceil(outputs / target.lanes) < filter.sets * filter.vectors;
}

/** Taps that meet only padding, and get no sum. */
function droppedTaps({ problem, spans }: Plan): number[] {
  const { kernelHeight, kernelWidth } = problem;
  const inside = (at: number, { index, count }: Span): boolean => at >= index && at < index + count;
  return range(kernelHeight * kernelWidth).filter(
    (tap) => !inside(Math.floor(tap / kernelWidth), spans[0]) || !inside(tap % kernelWidth, spans[1]),
  );
}

function clearAll(size: number): string {
  return lines(
    `SHARE(${size}, first_weight, end_weight);`,
    'memset(dw + first_weight, 0, (end_weight - first_weight) * sizeof(float));',
  );
}

/** Clears what gets no sum, or everything where that is a part of each row. */
function clearCode(plan: Plan): string {
  const { filter } = plan.problem;
  const dropped = droppedTaps(plan);
  if (hasEmptyLanes(plan)) return clearAll(filter.size);
  if (dropped.length === 0) return '';
  return lines(
    `static const int dropped[] = {${dropped.join(', ')}};`,
    `SHARE(${filter.size / filter.block}, first_block, end_block);`,
    block(
      'for (long block = first_block; block < end_block; block++)',
      `for (int i = 0; i < ${dropped.length}; i++)`,
      `  memset(dw + block * ${filter.block}L + dropped[i] * ${filter.tap}L, 0, ${filter.tap * 4});`,
    ),
  );
}

const overItems = (from: string, to: string, ...body: string[]): string =>
  block(`for (long item = ${from}; item < ${to}; item++)`, ...body);

const overPositions = (from: string, to: string, ...body: string[]): string =>
  block(`for (long position = ${from}; position < ${to}; position++)`, ...body);

function sumsByFilters(plan: Plan, functions: Map<string, string>): string {
  const { items, imageBlocks, rowBlocks } = plan;
  return lines(
    `SHARE(${items}, first_item, end_item);`,
    overPositions(
      '0',
      `${imageBlocks * rowBlocks}`,
      overItems('first_item', 'end_item', itemCode(plan, functions, 'position == 0')),
    ),
  );
}

function sumsByPositions(plan: Plan, functions: Map<string, string>): string {
  const { items, imageBlocks, rowBlocks, problem } = plan;
  const clears =
    hasEmptyLanes(plan) || droppedTaps(plan).length > 0 ? '' : 'if (first_position == end_position) ';
  return lines(
    `float *dw = partial + me * ${problem.filter.size}L;`,
    `SHARE(${imageBlocks * rowBlocks}, first_position, end_position);`,
    `${clears}memset(dw, 0, ${problem.filter.size * 4}L);`,
    overPositions(
      'first_position',
      'end_position',
      overItems('0', `${items}`, itemCode(plan, functions, 'position == first_position')),
    ),
  );
}

/** In the order of the threads. */
function reduction(size: number): string {
  return lines(
    `SHARE(${size} / LANES, first_vector, end_vector);`,
    block(
      'for (long v = first_vector; v < end_vector; v++)',
      'vec total = LOAD(partial + v * LANES);',
      `for (int t = 1; t < team->size; t++) total += LOAD(partial + t * ${size}L + v * LANES);`,
      'STORE(dw + v * LANES, total);',
    ),
  );
}

/** Calls for all columns and channels of one item and one block of positions. */
function itemCode(plan: Plan, functions: Map<string, string>, first: string): string {
  const { problem, schedule, sweeps, sets, items, blocks } = plan;
  const { imageBlocks, rowBlocks } = plan;
  const { filter } = problem;
  const rowChunks = items / sets / blocks;
  const vectors = Math.ceil(problem.outputs / problem.target.lanes);
  const setsInGroup = sets / problem.groups;
  const last = vectors - (setsInGroup - 1) * schedule.vectors;
  const calls = (count: number): string => chunkCalls(plan, functions, count, first);
  return lines(
    `const long chunk = item % ${rowChunks}, block = item / ${rowChunks} % ${blocks}, set = item / ${rowChunks * blocks};`,
    extent('image', 'images', sweeps[0].count, schedule.images, imageBlocks, `position / ${rowBlocks}`),
    extent('row', 'rows', sweeps[1].count, schedule.rows, rowBlocks, `position % ${rowBlocks}`),
    `const float *xs = x + ${sum(
      problem.input.origin,
      times('image', sweeps[0].input),
      times('row', sweeps[1].input),
      times('block', problem.input.block),
      problem.groups > 1 ? times(`(set / ${setsInGroup})`, blocks * problem.input.block) : 0,
    )};`,
    `const float *ds = dy + ${sum(
      problem.output.origin,
      times('image', sweeps[0].output),
      times('row', sweeps[1].output),
      times('set', schedule.vectors * problem.output.block),
    )};`,
    `float *ws = dw + ${sum(times('set', (schedule.vectors / filter.vectors) * filter.outputs), times('block', filter.block))};`,
    last === schedule.vectors
      ? calls(schedule.vectors)
      : setsInGroup === 1
        ? calls(last)
        : `${block(`if (set < ${sets - 1})`, calls(schedule.vectors))} ${block('else', calls(last))}`,
  );
}

function extent(
  start: string,
  name: string,
  total: number,
  size: number,
  blocks: number,
  position: string,
): string {
  if (blocks === 1) return `const long ${start} = 0, ${name} = ${total};`;
  const rest = total - (blocks - 1) * size;
  const count = rest === size ? `${size}` : `${start} + ${size} > ${total} ? ${rest} : ${size}`;
  return `const long ${start} = ${position} * ${size}, ${name} = ${count};`;
}

/** Loops over a chunk of kernel rows, all columns and all channels of a block. */
function chunkCalls(plan: Plan, functions: Map<string, string>, vectors: number, first: string): string {
  const { problem, chunk, spans, blocks } = plan;
  const rowSizes = sizesOf(cut(spans[0].count, chunk.rows));
  const columnCut = cut(spans[1].count, chunk.columns);
  const lastChannels = problem.channels - (blocks - 1) * channelsInBlock(problem);
  const channelCut = cut(channelsInBlock(problem), chunk.channels);
  const lastPieces = Math.ceil(lastChannels / chunk.channels);
  const [large] = rowSizes[0]!.slice(1);
  return lines(
    ...rowSizes.map(([rows], i) => {
      const from = i === 0 ? `chunk * ${rows}` : `(chunk * ${rows} + ${large})`;
      const body = overSizes('v', columnCut, undefined, (columns, v) =>
        overSizes(
          'c',
          channelCut,
          blocks > 1 && lastPieces < piecesOf(channelCut)
            ? `block == ${blocks - 1} ? ${lastPieces} : ${piecesOf(channelCut)}`
            : undefined,
          (channels, c) =>
            sumsCall(plan, functions, { rows, columns, channels, vectors }, [from, v, c], first),
        ),
      );
      return rowSizes.length === 1 ? body : block(i === 0 ? `if (chunk < ${large})` : 'else', body);
    }),
  );
}

function overSizes(
  name: string,
  { size, large, small }: { size: number; large: number; small: number },
  end: string | undefined,
  body: (size: number, position: string) => string,
): string {
  const one = (from: number, to: string, extent: number, position: string): string =>
    end === undefined && Number(to) - from === 1
      ? body(extent, position.replaceAll(name, String(from)))
      : block(
          `for (long ${name} = ${from}, end_${name} = ${to}; ${name} < end_${name}; ${name}++)`,
          body(extent, position),
        );
  return lines(
    one(0, end ?? `${large}`, size, `${name} * ${size}`),
    small > 0 && one(large, `${large + small}`, size - 1, `(${name} * ${size - 1} + ${large})`),
  );
}

function sumsCall(
  plan: Plan,
  functions: Map<string, string>,
  variant: SumsVariant,
  [u, v, c]: readonly [string, string, string],
  first: string,
): string {
  const { problem, spans, sweeps } = plan;
  const { input, filter, kernelWidth } = problem;
  const [rows, columns] = spans;
  const name = sumsName(variant);
  if (!functions.has(name)) functions.set(name, sumsFunction(problem, variant, spans, sweeps));
  const x = sum(
    rows.offset * input.row + columns.offset * input.pixel,
    times(u, rows.step * input.row),
    times(v, columns.step * input.pixel),
    times(c, input.channel),
  );
  const w = sum(
    (rows.index * kernelWidth + columns.index) * filter.tap,
    times(u, kernelWidth * filter.tap),
    times(v, filter.tap),
    times(c, filter.channel),
  );
  return `${name}(xs + ${x}, ds, ws + ${w}, ${first}, images, rows);`;
}
