// Matrix product with B given as [K, N]: multiples of B's rows are added up in tiles of the result that stay in registers.

import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel } from '../../compiler/kernel.ts';
import { clearByFirst, partialAccess } from '../lanes.ts';
import { endsEvenly, type OuterTiling, packA, packBFunction, tileFunctions } from './gemm-outer-tile.ts';
import { epilogueFunction, equalParts, evenParts, type Product, productOperands } from './gemm-product.ts';

/** Floats of B that are copied side by side, where several tiles use them: a part of the L2 cache. */
const PANEL = 64 * 1024;
/** Rows of such a copy. */
const PANEL_ROWS = 128;
/** Floats of the result that are worked on at once, where B is read in place. */
const RESULT_BLOCK = 64 * 1024;
/** Rows of B that are then read side by side, each in a long run. */
const STREAMS = 16;
/** A is copied if it has more floats than this, so that tiles would miss the first cache, */
const LARGE = 4 * 1024;
/** and if at least so many tiles use the copy. */
const LEAST_USES = 8;

function tilingOf({ rows, columns, inner, target: { registers, lanes, threads } }: Product): OuterTiling {
  // Accumulators, a row of B and a number of A have to fit into the registers.
  const [mostRows, mostTogether] = registers === 32 ? [14, 28] : [6, 12];
  const packsB = rows > mostTogether;
  const ofRows = packsB ? equalParts(rows, mostRows) : evenParts(rows, mostTogether);
  const fitting = Math.min(4, Math.floor((registers - 1) / (ofRows.size + 1)));
  const vectors = Math.max(1, Math.min(fitting, Math.ceil(columns / lanes)));
  const width = vectors * lanes;
  const columnTiles = Math.ceil(columns / width);
  const small = inner * columns <= PANEL;
  const depth = evenParts(inner, packsB ? PANEL_ROWS : small ? inner : STREAMS).size;
  const fittingTiles = Math.floor(packsB ? PANEL / (depth * width) : RESULT_BLOCK / (rows * width));
  const tilesAtOnce = Math.min(columnTiles, Math.max(1, fittingTiles));
  const even = columnTiles >= 4 * threads || columnTiles % threads === 0;
  return {
    rows: ofRows,
    vectors,
    lastVectors: Math.ceil((columns - (columnTiles - 1) * width) / lanes),
    columnTiles,
    packsB,
    packsA: columnTiles >= LEAST_USES && rows * inner > LARGE,
    depth,
    tilesAtOnce,
    split: even || ofRows.count < threads ? 'columns' : 'rows',
  };
}

export function outerProduct(product: Product): Kernel {
  const { rows, columns, inner, target } = product;
  const tiling = tilingOf(product);
  const { packsA, packsB, split, columnTiles } = tiling;
  const heights = [...new Set([tiling.rows.size, tiling.rows.last])];
  const panel = tiling.tilesAtOnce * tiling.depth * tiling.vectors * target.lanes;
  const ofPanels = packsB ? target.threads * panel : 0;
  const workspace = ofPanels + (packsA ? tiling.rows.count * tiling.rows.size * inner : 0);
  const [byColumns, byRows] = [split === 'columns', split === 'rows'];
  const body = code`
    ${packsB ? `float *panel = scratch + me * ${panel}L;` : ''}
    ${packsA ? `float *a_packed = scratch + ${ofPanels};\n${packA(product, tiling)}` : ''}
    CHUNK(${byColumns ? columnTiles : tiling.rows.count}, first, end);
    const long first_column = ${byColumns ? 'first' : 0}, end_column = ${byColumns ? 'end' : columnTiles};
    const long first_row = ${byRows ? 'first' : 0}, end_row = ${byRows ? 'end' : tiling.rows.count};
    ${loops(product, tiling)}
    ${clearByFirst('y', rows * columns, target)}
  `;
  const functions = [
    partialAccess,
    epilogueFunction(product),
    packsB ? packBFunction(product, tiling) : '',
    ...heights.map((height) => tileFunctions(product, tiling, height)),
  ];
  return {
    code: `${functions.join('')}${kernelFunction(productOperands(product, workspace > 0), body)}`,
    ...(workspace > 0 && { workspace }),
  };
}

/** Blocks of columns, rows of B for each, then all tiles of the result that use them. */
function loops(product: Product, tiling: OuterTiling): string {
  const { columns, inner } = product;
  const { rows, packsB, depth, tilesAtOnce } = tiling;
  const lastHeight = code`
    if (i + 1 < ${rows.count}) {
      ${rowOfTiles(product, tiling, rows.size)}
    } else {
      ${rowOfTiles(product, tiling, rows.last)}
    }
  `;
  return code`
    for (long block = first_column; block < end_column; block += ${tilesAtOnce}) {
      const long block_end = block + ${tilesAtOnce} < end_column ? block + ${tilesAtOnce} : end_column;
      for (long k = 0; k < ${inner}; k += ${depth}) {
        const long steps = k + ${depth} < ${inner} ? ${depth} : ${inner} - k;
        const int begins = k == 0, ends = k + steps == ${inner};
        const float *b_rows = b_matrix + k * ${columns}L;
        ${packsB ? `NAME_pack_b(b_rows, panel, block, block_end, steps);` : ''}
        for (long i = first_row; i < end_row; i++) {
          const float *a = ${startOfA(product, tiling)};
          float *y_row = y + i * ${rows.size * columns}L;
          ${packsB && inner > depth ? prefetchB(product, tiling) : ''}
          ${rows.size === rows.last ? rowOfTiles(product, tiling, rows.size) : lastHeight}
        }
      }
    }
  `;
}

/** C for what row `i` of tiles needs of A from `k` on. */
function startOfA({ inner, rows, transA }: Product, { rows: { size }, packsA }: OuterTiling): string {
  if (packsA) return `a_packed + (i * ${inner} + k) * ${size}`;
  return `a_matrix + ${transA ? `k * ${rows}L + i * ${size}` : `i * ${size * inner}L + k`}`;
}

function rowOfTiles(product: Product, tiling: OuterTiling, height: number): string {
  const { vectors, columnTiles, packsB } = tiling;
  const operands = `(a, b, y_row + column, ${product.bias ? 'bias + column, ' : ''}steps, begins, ends);`;
  const [tile, last] = [`NAME_${height}${operands}`, `NAME_${height}_last${operands}`];
  const either = columnTiles === 1 ? last : `if (j + 1 < ${columnTiles}) ${tile}\nelse ${last}`;
  return code`
    for (long j = block; j < block_end; j++) {
      const long column = j * ${vectors} * LANES;
      const float *b = ${packsB ? `panel + (j - block) * steps * ${vectors} * LANES` : 'b_rows + column'};
      ${endsEvenly(tiling, product) ? tile : either}
    }
  `;
}

/** Asks for a part of the rows of B that are copied next, so that they arrive while tiles are computed. */
function prefetchB({ columns, inner, target }: Product, { rows, depth, vectors }: OuterTiling): string {
  const ahead = Math.ceil(depth / rows.count);
  return code`
    for (long next = k + ${depth} + i * ${ahead}; next < k + ${depth} + (i + 1) * ${ahead} && next < ${inner}; next++) {
      const float *from = b_matrix + next * ${columns}L;
      for (long c = block * ${vectors * target.lanes}; c < block_end * ${vectors * target.lanes}; c += 16) __builtin_prefetch(from + c, 0, 2);
    }
  `;
}
