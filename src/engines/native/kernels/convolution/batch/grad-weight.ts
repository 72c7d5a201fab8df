// The gradient of weights with images in the lanes: dw[k, c, u, v] = sum over images and positions of x[c] dy[k].
// Some outputs times some kernel columns are summed in registers, lane by lane; lanes are added up at the end.
import { internal } from '../../../../../base/errors.ts';
import { range } from '../../../../../base/numbers.ts';
import { code, kernelFunction } from '../../../compiler/code.ts';
import type { Kernel, Target } from '../../../compiler/kernel.ts';
import { fourTotals } from '../../lanes.ts';
import { type Division, divide, tileCount, tileSizes } from '../tiles.ts';
import { type Along, type Planes, placeAlong, rowTable, type Tap } from './geometry.ts';
import { overTiles, type TileRange, tileRanges } from './tile-ranges.ts';

export interface BatchGradWeight {
  readonly target: Target;
  readonly x: Planes;
  readonly dy: Planes;
  /** The taps in x of each row and each column of dy. */
  readonly rows: readonly (readonly Tap[])[];
  readonly columns: readonly (readonly Tap[])[];
  readonly kernel: readonly [height: number, width: number];
  /** The filter: floats from a tap to the next and in all, and its steps. */
  readonly tap: number;
  readonly size: number;
  readonly outputs: Along;
  readonly inputs: Along;
}

/** Floats of x and dy that a block of rows may have, so that they stay in the first cache while all weights go over them. */
const BLOCK = 8 * 1024;

/** Outputs and kernel columns that are summed at once. */
interface Divisions {
  readonly outputs: Division;
  readonly columns: Division;
}

export function batchGradWeight(problem: BatchGradWeight): Kernel {
  const { target, dy, kernel, outputs, inputs, size, rows } = problem;
  const divisions = chooseDivisions(problem);
  const weights = outputs.count * inputs.count * kernel[0] * kernel[1];
  const height = blockHeight(problem, divisions);
  const rowBlocks = Math.ceil(dy.height / height);
  const functions = tilesOf(divisions).map((tile) => sumsFunction(problem, tile));
  const body = code`
    {
      CHUNK(${size}, first, end);
      memset(dw + first, 0, (end - first) * sizeof(float));
    }
    {
      CHUNK(${dy.blocks * rowBlocks}, first, end);
      float *sums = partial + me * ${weights * target.lanes}L;
      if (first == end) memset(sums, 0, ${weights} * LANES * sizeof(float));
      for (long item = first; item < end; item++) {
        const long block = item / ${rowBlocks}, row = item % ${rowBlocks} * ${height};
        const long end_row = row + ${height} < ${dy.height} ? row + ${height} : ${dy.height};
        const int begins = item == first;
        ${overWeights(problem, divisions)}
      }
    }
    pool->barrier(pool);
    ${addUp(problem, weights)}
  `;
  const parts = [rowTable(rows, kernel[0]), fourTotals(target), ...functions];
  return {
    code: `${parts.join('')}${kernelFunction(['const float *x', 'const float *dy', 'float *dw', 'float *partial'], body)}`,
    workspace: target.threads * weights * target.lanes,
  };
}

/** The divisions that take the least estimated time: two multiplications or two loads a cycle. */
function chooseDivisions({ outputs, kernel, target }: BatchGradWeight): Divisions {
  let best: (Divisions & { cost: number }) | undefined;
  for (let height = 1; height <= outputs.count; height++) {
    for (let width = 1; width <= kernel[1]; width++) {
      if (height * width + height + 1 > target.registers) break;
      const divisions = { outputs: divide(outputs.count, height), columns: divide(kernel[1], width) };
      const [rows, columns] = [outputs.count, kernel[1]];
      const loads = rows * tileCount(divisions.columns) + columns * tileCount(divisions.outputs);
      const cost =
        Math.max(rows * columns, loads) / 2 + tileCount(divisions.columns) * tileCount(divisions.outputs);
      if (!best || cost < best.cost) best = { ...divisions, cost };
    }
  }
  if (!best) throw internal(`no tile of ${outputs.count} outputs fits into ${target.registers} registers`);
  return best;
}

/** Rows of dy in a block. */
function blockHeight({ x, dy, kernel, target }: BatchGradWeight, { outputs }: Divisions): number {
  const aRow = (dy.width * outputs.size + x.width) * target.lanes;
  const rows = Math.max(1, Math.floor((BLOCK - kernel[0] * x.width * target.lanes) / aRow));
  const { size } = divide(dy.height, Math.min(dy.height, rows));
  return size;
}

/** Outputs and kernel columns that one function sums. */
interface Tile {
  readonly outputs: number;
  readonly columns: TileRange;
}

function tilesOf({ outputs, columns }: Divisions): Tile[] {
  return tileSizes(outputs).flatMap(([size]) =>
    tileRanges(columns).map((tile) => ({ outputs: size, columns: tile })),
  );
}

const sumsName = ({ outputs, columns }: Tile) => `NAME_sums${outputs}_${columns.first}`;

/** Calls for all weights, over the rows of one block. */
function overWeights({ x, dy, kernel, inputs }: BatchGradWeight, { outputs, columns }: Divisions): string {
  return overTiles('k', outputs, (size) => {
    const calls = tileRanges(columns).map((tile) => {
      const place = `((k * ${inputs.count} + c) * ${kernel[0]} + u) * ${kernel[1]} + ${tile.first}`;
      const name = sumsName({ outputs: size, columns: tile });
      return `${name}(x_plane, dy_plane, sums + (${place}) * LANES, row, end_row, u, begins);`;
    });
    return code`
      const float *dy_plane = dy + block * ${dy.block}L + k * ${dy.plane}L;
      for (long c = 0; c < ${inputs.count}; c++) {
        const float *x_plane = x + block * ${x.block}L + c * ${x.plane}L;
        for (long u = 0; u < ${kernel[0]}; u++) {
          ${calls.join('\n')}
        }
      }
    `;
  });
}

function sumsFunction(problem: BatchGradWeight, tile: Tile): string {
  const { x, dy, inputs, kernel } = problem;
  const { outputs, columns } = tile;
  const step = inputs.count * kernel[0] * kernel[1];
  const sums = range(outputs).flatMap((j) =>
    range(columns.count).map((v) => ({ name: `s${j}_${v}`, place: j * step + v })),
  );
  const each = (make: (name: string, place: number) => string) =>
    sums.map(({ name, place }) => make(name, place)).join(' ');
  return code`
    static __attribute__((noinline)) void ${sumsName(tile)}(const float *x, const float *dy, float *sums, long row, long end_row, long u, int begins) {
      vec ${sums.map(({ name }) => `${name} = ZERO`).join(', ')};
      if (!begins) {
        ${each((name, place) => `${name} = LOAD(sums + ${place} * LANES);`)}
      }
      for (; row < end_row; row++) {
        if (NAME_rows[row][u] < 0) continue;
        const float *x_row = x + NAME_rows[row][u] * ${x.row}L, *dy_row = dy + row * ${dy.row}L;
        ${runsOf(problem, columns)
          .map((run) => runCode(problem, run, tile))
          .join('\n')}
      }
      ${each((name, place) => `STORE(sums + ${place} * LANES, ${name});`)}
    }
  `;
}

/** Neighboring columns of dy with the same kernel columns, `step` pixels further for each. */
interface Run {
  readonly first: number;
  count: number;
  readonly step: number;
  readonly taps: readonly Tap[];
}

function runsOf({ columns }: BatchGradWeight, { first, count }: TileRange): Run[] {
  const runs: Run[] = [];
  const useful = columns.map((taps) => taps.filter(({ index }) => index >= first && index < first + count));
  useful.forEach((taps, at) => {
    const last = runs.at(-1);
    const continues =
      last?.taps.length === taps.length &&
      taps.every(({ index, place }, i) => {
        const before = last.taps[i];
        return index === before.index && place === before.place + last.count * last.step;
      });
    if (last && continues) last.count++;
    else {
      const next = useful[at + 1]?.[0];
      const step = next && taps[0] && next.index === taps[0].index ? next.place - taps[0].place : 1;
      runs.push({ first: at, count: 1, step, taps });
    }
  });
  return runs.filter(({ taps }) => taps.length > 0);
}

function runCode({ dy, target }: BatchGradWeight, run: Run, { outputs, columns }: Tile): string {
  const { first, count, step, taps } = run;
  const { lanes } = target;
  const gradients = range(outputs).map((j) => `d${j} = LOAD(gradient + ${j * dy.plane}L)`);
  const products = taps.map(({ index, place }) => {
    const sums = range(outputs).map((j) => `s${j}_${index - columns.first} += pixel * d${j};`);
    return `{ const vec pixel = LOAD(pixels + ${place * lanes}); ${sums.join(' ')} }`;
  });
  return code`
    for (long i = 0; i < ${count}; i++) {
      const float *pixels = x_row + i * ${step * lanes}, *gradient = dy_row + (${first} + i) * LANES;
      const vec ${gradients.join(', ')};
      ${products.join('\n')}
    }
  `;
}

/** Adds up threads and lanes, in this order, and puts the sums where the filter has them. */
function addUp({ kernel, outputs, inputs, tap }: BatchGradWeight, weights: number): string {
  const taps = kernel[0] * kernel[1];
  return code`
    CHUNK(${outputs.count * inputs.count}, first, end);
    for (long item = first; item < end; item++) {
      const long k = item / ${inputs.count}, c = item % ${inputs.count};
      float *weight = dw + ${placeAlong(outputs, 'k')} + ${placeAlong(inputs, 'c')};
      for (long tap = 0; tap < ${taps}; tap += 4) {
        vec sums[4];
        float totals[4];
        for (long i = 0; i < 4; i++) {
          const float *from = partial + (item * ${taps} + (tap + i < ${taps} ? tap + i : ${taps - 1})) * LANES;
          sums[i] = LOAD(from);
          for (int thread = 1; thread < pool->size; thread++) sums[i] += LOAD(from + thread * ${weights}L * LANES);
        }
        NAME_totals(sums[0], sums[1], sums[2], sums[3], totals);
        for (long i = 0; i < 4 && tap + i < ${taps}; i++) weight[(tap + i) * ${tap}] = totals[i];
      }
    }
  `;
}
