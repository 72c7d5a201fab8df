// One unit of a weight gradient: a set of outputs, a block of channels and a chunk of kernel rows, over a block of positions.
import { block, lines, sum, times } from '../../compiler/code.ts';
import type { GradWeightPlan } from './grad-weight-plan.ts';
import { channelsInBlock } from './grad-weight-problem.ts';
import { type SumsVariant, sumsFunction, sumsName } from './grad-weight-sums.ts';
import { type Division, divide, tileCount, tileSizes } from './tiles.ts';

/** Functions of sums by name, to which those that are needed are added. */
export type SumsFunctions = Map<string, string>;

/** Units of work on the filter. */
export function itemsOf({ sets, blocks, rowChunks }: GradWeightPlan): number {
  return sets * blocks * rowChunks;
}

/**
 * C that sums `item` over block `position` of positions into dw.
 * @param first C condition of the first block of positions, whose sums start from zero
 */
export function itemCode(plan: GradWeightPlan, functions: SumsFunctions, first: string): string {
  const { blocks, rowChunks, sweeps, images, rows, imageBlocks, rowBlocks } = plan;
  return lines(
    `const long chunk = item % ${rowChunks}, block = item / ${rowChunks} % ${blocks}, set = item / ${rowChunks * blocks};`,
    extent(['image', 'images'], sweeps[0].count, images, imageBlocks, `position / ${rowBlocks}`),
    extent(['row', 'rows'], sweeps[1].count, rows, rowBlocks, `position % ${rowBlocks}`),
    pointers(plan),
    setCalls(plan, functions, first),
  );
}

/** Where a block of positions starts along an axis, and how many there are. */
function extent(
  [start, name]: readonly [string, string],
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

function pointers({ problem, sweeps, sets, vectors, blocks }: GradWeightPlan): string {
  const { input, output, filter, groups } = problem;
  const group = groups > 1 ? times(`(set / ${sets / groups})`, blocks * input.block) : 0;
  const positions = (axis: 'input' | 'output') => [
    times('image', sweeps[0][axis]),
    times('row', sweeps[1][axis]),
  ];
  const x = sum(input.origin, ...positions('input'), times('block', input.block), group);
  const dy = sum(output.origin, ...positions('output'), times('set', vectors * output.block));
  const dw = sum(times('set', (vectors / filter.vectors) * filter.outputs), times('block', filter.block));
  return lines(`const float *xs = x + ${x};`, `const float *ds = dy + ${dy};`, `float *ws = dw + ${dw};`);
}

/** Calls for the set's vectors, of which the last set may have fewer. */
function setCalls(plan: GradWeightPlan, functions: SumsFunctions, first: string): string {
  const { problem, sets, vectors } = plan;
  const setsInGroup = sets / problem.groups;
  const last = Math.ceil(problem.outputs / problem.target.lanes) - (setsInGroup - 1) * vectors;
  const calls = (count: number): string => rowCalls(plan, functions, count, first);
  if (last === vectors || setsInGroup === 1) return calls(last);
  return `${block(`if (set < ${sets - 1})`, calls(vectors))} ${block('else', calls(last))}`;
}

/** Calls for the chunk of kernel rows, of which there may be two sizes. */
function rowCalls(plan: GradWeightPlan, functions: SumsFunctions, vectors: number, first: string): string {
  const [large, small] = tileSizes(divide(plan.spans[0].count, plan.chunk.rows));
  const calls = (rows: number, from: string): string =>
    chunkCalls(plan, functions, { rows, vectors }, from, first);
  const [rows, count] = large;
  if (!small) return calls(rows, `chunk * ${rows}`);
  const other = calls(small[0], `(chunk * ${small[0]} + ${count})`);
  return `${block(`if (chunk < ${count})`, calls(rows, `chunk * ${rows}`))} ${block('else', other)}`;
}

/** Calls for all kernel columns and all channels of the block. */
function chunkCalls(
  plan: GradWeightPlan,
  functions: SumsFunctions,
  variant: Pick<SumsVariant, 'rows' | 'vectors'>,
  row: string,
  first: string,
): string {
  const { problem, chunk, spans, blocks } = plan;
  const inBlock = channelsInBlock(problem);
  const channelDivision = divide(inBlock, chunk.channels);
  const inLast = problem.channels - (blocks - 1) * inBlock;
  const [all, last] = [tileCount(channelDivision), Math.ceil(inLast / chunk.channels)];
  const pieces = last < all ? `block == ${blocks - 1} ? ${last} : ${all}` : undefined;
  return overTiles('v', divide(spans[1].count, chunk.columns), undefined, (columns, v) =>
    overTiles('c', channelDivision, pieces, (channels, c) =>
      sumsCall(plan, functions, { ...variant, columns, channels }, [row, v, c], first),
    ),
  );
}

/** Loops over the tiles of a division, or over as many as `pieces` says; `body` is given a tile's size and its first index. */
function overTiles(
  name: string,
  { size, large, small }: Division,
  pieces: string | undefined,
  body: (size: number, position: string) => string,
): string {
  if (large + small === 1) return body(size, '0');
  const loop = (from: number, to: string, inner: string): string =>
    block(`for (long ${name} = ${from}, end_${name} = ${to}; ${name} < end_${name}; ${name}++)`, inner);
  return lines(
    loop(0, pieces ?? `${large}`, body(size, `${name} * ${size}`)),
    small > 0 && loop(large, `${large + small}`, body(size - 1, `(${name} * ${size - 1} + ${large})`)),
  );
}

function sumsCall(
  { problem, spans, sweeps }: GradWeightPlan,
  functions: SumsFunctions,
  variant: SumsVariant,
  [u, v, c]: readonly [string, string, string],
  first: string,
): string {
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
