// Matrix product with B given as [K, N]: multiples of B's rows are added up in tiles of the result that stay in registers.
import type { Kernel } from '../kernel.ts';
import { clipFunction } from './elementwise.ts';
import { type OuterTiling, packAFunction, packBFunction, tileFunctions } from './gemm-outer-tile.ts';
import { evenParts, type Product, productOperands } from './gemm-product.ts';
import { clearByFirst, partialAccess } from './lanes.ts';
import { code, kernelFunction } from './template.ts';

/** Floats of B that are copied side by side, where several tiles use them: a share of the second cache. */
const PANEL = 32 * 1024;
/** Rows of such a copy. */
const PANEL_ROWS = 128;
/** Floats of the result that are worked on at once, where B is read in place. */
const RESULT_BLOCK = 64 * 1024;
/** Rows of B that are then read side by side, each in a long run. */
const STREAMS = 16;
/** Tiles that use a copy of a part of A, at least. */
const LEAST_USES = 8;

function tilingOf({ rows, columns, inner, target: { registers, lanes, threads } }: Product): OuterTiling {
  // Accumulators, a row of B and a number of A have to fit into the registers.
  const [mostRows, mostTogether] = registers === 32 ? [14, 28] : [6, 12];
  const packsB = rows > mostTogether;
  const ofRows = evenParts(rows, packsB ? mostRows : mostTogether);
  const fitting = packsB ? 2 : Math.min(4, Math.floor((registers - 2) / (ofRows.size + 1)));
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
    packsA: tilesAtOnce >= LEAST_USES && depth <= PANEL_ROWS,
    depth,
    tilesAtOnce,
    split: even || ofRows.count < threads ? 'columns' : 'rows',
  };
}

export function outerProduct(product: Product): Kernel {
  const { rows, columns, clip, target } = product;
  const tiling = tilingOf(product);
  const { packsA, packsB, split, columnTiles } = tiling;
  const heights = [...new Set([tiling.rows.size, tiling.rows.last])];
  const panel = tiling.tilesAtOnce * tiling.depth * tiling.vectors * target.lanes;
  const [byColumns, byRows] = [split === 'columns', split === 'rows'];
  const body = code`
    ${packsB ? `float *panel = scratch + me * ${panel}L;` : ''}
    ${packsA ? `float a_packed[${tiling.depth * tiling.rows.size}];` : ''}
    SHARE(${byColumns ? columnTiles : tiling.rows.count}, first, end);
    const long first_column = ${byColumns ? 'first' : 0}, end_column = ${byColumns ? 'end' : columnTiles};
    const long first_row = ${byRows ? 'first' : 0}, end_row = ${byRows ? 'end' : tiling.rows.count};
    ${loops(product, tiling)}
    ${clearByFirst('y', rows * columns, target)}
  `;
  const functions = [
    partialAccess,
    clip ? clipFunction(clip) : '',
    packsA ? packAFunction(product) : '',
    packsB ? packBFunction(product, tiling) : '',
    ...heights.map((height) => tileFunctions(product, tiling, height)),
  ];
  return {
    code: `${functions.join('')}${kernelFunction(productOperands(product, packsB), body)}`,
    ...(packsB && { workspace: target.threads * panel }),
  };
}

/** Blocks of columns, rows of B for each, then all tiles of the result that use them. */
function loops({ columns, inner, rows, transA, bias }: Product, tiling: OuterTiling): string {
  const { vectors, columnTiles, packsA, packsB, depth, tilesAtOnce } = tiling;
  const heights = tiling.rows;
  const ofHeight = (height: number): string => {
    const operands = `${packsA ? 'a_packed' : 'a'}, b, y_row + column, ${bias ? 'bias + column, ' : ''}steps, begins, ends`;
    const last = `NAME_${height}_last(${operands});`;
    return code`
      ${packsA ? `NAME_pack_a(a, a_packed, steps, ${height});` : ''}
      for (long j = block; j < block_end; j++) {
        const long column = j * ${vectors} * LANES;
        const float *b = ${packsB ? `panel + (j - block) * steps * ${vectors} * LANES` : `b_rows + column`};
        ${columnTiles === 1 ? last : `if (j + 1 < ${columnTiles}) NAME_${height}(${operands});\nelse ${last}`}
      }
    `;
  };
  const lastHeight = code`
    if (i + 1 < ${heights.count}) {
      ${ofHeight(heights.size)}
    } else {
      ${ofHeight(heights.last)}
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
          const long row = i * ${heights.size};
          const float *a = a_matrix + ${transA ? `k * ${rows}L + row` : `row * ${inner}L + k`};
          float *y_row = y + row * ${columns}L;
          ${heights.size === heights.last ? ofHeight(heights.size) : lastHeight}
        }
      }
    }
  `;
}
