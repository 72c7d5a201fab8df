// Matrix product with B given as [N, K]: tiles of rows of A times rows of B, vectors along k, summed at the end.

import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel } from '../../compiler/kernel.ts';
import { clearByFirst, fourTotals, laneNumbers, partialAccess } from '../lanes.ts';
import { tileFunction } from './gemm-dot-tile.ts';
import { epilogueFunction, evenParts, type Parts, type Product, productOperands } from './gemm-product.ts';

/** Floats of a row that are multiplied before the next rows of A: the rows of a tile stay in the first cache. */
const BLOCK = 768;
/** Floats of A that all tiles of a column of tiles go through before the next column: they stay in the second cache. */
const CHUNK = 256 * 1024;

/**
 * A column of tiles, a few rows of B, is multiplied with all rows of A before the next, so that B is read in long runs:
 * chunk by chunk of the rows, and within a chunk block by block. Between the blocks, sums wait in the workspace.
 */
interface Tiling {
  readonly rows: Parts;
  readonly columns: Parts;
  /** Floats along k, in whole vectors. */
  readonly block: number;
  readonly chunk: number;
  /** Floats along k in whole vectors. */
  readonly whole: number;
  /** Floats of the sums that wait, for each thread. */
  readonly waiting: number;
}

function tilingOf({ rows, columns, inner, target: { registers, lanes } }: Product): Tiling {
  const [mostRows, accumulators] = registers === 32 ? [4, 24] : [3, 12];
  const ofRows = evenParts(rows, mostRows);
  const ofColumns = evenParts(columns, Math.min(8, Math.floor(accumulators / ofRows.size)));
  const whole = inner - (inner % lanes);
  const most = ofRows.count === 1 ? CHUNK / ofRows.size : BLOCK;
  const block = evenParts(Math.max(whole, lanes) / lanes, most / lanes).size * lanes;
  const chunk = Math.max(1, Math.floor(CHUNK / (rows * block))) * block;
  const waiting = block < whole ? ofRows.count * ofRows.size * ofColumns.size * lanes : 0;
  return { rows: ofRows, columns: ofColumns, block, chunk, whole, waiting };
}

export function dotProduct(product: Product): Kernel {
  const { rows, columns, inner, transA, target } = product;
  const tiling = tilingOf(product);
  const heights = [...new Set([tiling.rows.size, tiling.rows.last])];
  const widths = [...new Set([tiling.columns.size, tiling.columns.last])];
  const tiles = heights.flatMap((height) =>
    widths.map((width) => tileFunction(product, tiling.waiting > 0, height, width)),
  );
  const transposed = transA ? rows * inner : 0;
  const workspace = transposed + target.threads * tiling.waiting;
  const body = code`
    ${transA ? transposeA(product) : ''}
    ${tiling.waiting > 0 ? `float *sums = scratch + ${transposed} + me * ${tiling.waiting}L;` : ''}
    ${loops(product, tiling, heights, widths)}
    ${clearByFirst('y', rows * columns, target)}
  `;
  const functions = [
    partialAccess,
    laneNumbers(target),
    fourTotals(target),
    epilogueFunction(product),
    ...tiles,
  ];
  return {
    code: `${functions.join('')}${kernelFunction(productOperands(product, workspace > 0), body)}`,
    ...(workspace > 0 && { workspace }),
  };
}

/** Threads take tiles, counted along A's rows first, so that each reads its own part of B. */
function loops(
  { rows, columns, inner, transA, bias }: Product,
  tiling: Tiling,
  heights: readonly number[],
  widths: readonly number[],
): string {
  const { block, chunk, whole, waiting } = tiling;
  const operands = [
    `a, b, y + row * ${columns}L + column`,
    ...(bias ? ['bias + column'] : []),
    ...(waiting > 0 ? [`sums + row * ${tiling.columns.size} * LANES`] : []),
    'steps',
    'k == chunk',
    'k + steps == chunk_end',
    'chunk == 0',
    `chunk_end == ${whole}`,
  ].join(', ');
  const ofHeight = (height: number) =>
    choose(
      widths,
      `column + ${tiling.columns.size} <= ${columns}`,
      (width) => `NAME_${height}x${width}(${operands});`,
    );
  return code`
    CHUNK(${tiling.columns.count * tiling.rows.count}, first, end);
    for (long chunk = 0; chunk == 0 || chunk < ${whole}; chunk += ${chunk}) {
      const long chunk_end = chunk + ${chunk} < ${whole} ? chunk + ${chunk} : ${whole};
      for (long i = first / ${tiling.rows.count}; i * ${tiling.rows.count} < end; i++) {
        const long column = i * ${tiling.columns.size}, start = i * ${tiling.rows.count};
        const long first_row = first > start ? first - start : 0;
        const long end_row = end - start < ${tiling.rows.count} ? end - start : ${tiling.rows.count};
        for (long k = chunk; k == chunk || k < chunk_end; k += ${block}) {
          const long steps = k + ${block} < chunk_end ? ${block} : chunk_end - k;
          for (long j = first_row; j < end_row; j++) {
            const long row = j * ${tiling.rows.size};
            const float *a = ${transA ? 'scratch' : 'a_matrix'} + row * ${inner}L + k;
            const float *b = b_matrix + column * ${inner}L + k;
            ${choose(heights, `row + ${tiling.rows.size} <= ${rows}`, ofHeight)}
          }
        }
      }
    }
  `;
}

/** C that does one thing for tiles of the first size, and another for a last one of another size. */
function choose(sizes: readonly number[], isWhole: string, make: (size: number) => string): string {
  const [size, last] = sizes as readonly [number, number?];
  if (last === undefined) return make(size);
  return code`
    if (${isWhole}) {
      ${make(size)}
    } else {
      ${make(last)}
    }
  `;
}

/** A as [M, K] in the workspace. */
function transposeA({ rows, inner }: Product): string {
  return code`
    {
      CHUNK(${rows}, first, end);
      for (long m = first; m < end; m++) {
        for (long k = 0; k < ${inner}; k++) scratch[m * ${inner}L + k] = a_matrix[k * ${rows}L + m];
      }
      pool->barrier(pool);
    }
  `;
}
