// Matrix product with B given as [K, N]: multiples of B's rows are added up in tiles of the result that stay in registers.
import { range } from '../c.ts';
import type { Kernel } from '../kernel.ts';
import { clipFunction } from './elementwise.ts';
import { evenParts, type Product, productOperands } from './gemm-product.ts';
import { clearByFirst, partialAccess } from './lanes.ts';
import { code, kernelFunction } from './template.ts';

/** Floats of B that are copied side by side, where several tiles use them: about the second cache. */
const PANEL = 32 * 1024;
/** Rows of such a copy. */
const PANEL_ROWS = 128;
/** Floats of the result that are worked on at once, where B is read in place. */
const RESULT_BLOCK = 64 * 1024;
/** Rows of B that are then read side by side, each in a long run. */
const STREAMS = 16;

interface Tiling {
  readonly rows: ReturnType<typeof evenParts>;
  /** Vectors of a tile's row, and of that of the last tile. */
  readonly vectors: number;
  readonly lastVectors: number;
  readonly columnTiles: number;
  /** Whether B is copied so that the rows of a tile lie side by side. */
  readonly packed: boolean;
  /** Rows of B at a time. */
  readonly depth: number;
  /** Tiles side by side at a time. */
  readonly tilesAtOnce: number;
  readonly split: 'columns' | 'rows';
}

function tilingOf({ rows, columns, inner, target: { registers, lanes, threads } }: Product): Tiling {
  // Accumulators, a row of B and a number of A have to fit into the registers.
  const [mostRows, mostTogether] = registers === 32 ? [14, 28] : [6, 12];
  const packed = rows > mostTogether;
  const ofRows = evenParts(rows, packed ? mostRows : mostTogether);
  const fitting = packed ? 2 : Math.min(4, Math.floor((registers - 2) / (ofRows.size + 1)));
  const vectors = Math.max(1, Math.min(fitting, Math.ceil(columns / lanes)));
  const width = vectors * lanes;
  const columnTiles = Math.ceil(columns / width);
  const small = inner * columns <= PANEL;
  const depth = evenParts(inner, packed ? PANEL_ROWS : small ? inner : STREAMS).size;
  const tilesAtOnce = Math.max(
    1,
    Math.floor(packed ? PANEL / (depth * width) : RESULT_BLOCK / (rows * width)),
  );
  const lastVectors = Math.ceil((columns - (columnTiles - 1) * width) / lanes);
  const enough = columnTiles >= 4 * threads || columnTiles % threads === 0 || ofRows.count < threads;
  return {
    rows: ofRows,
    vectors,
    lastVectors,
    columnTiles,
    packed,
    depth,
    tilesAtOnce: Math.min(tilesAtOnce, columnTiles),
    split: enough ? 'columns' : 'rows',
  };
}

export function outerProduct(product: Product): Kernel {
  const { rows, columns, inner, transA, bias, clip, target } = product;
  const tiling = tilingOf(product);
  const { vectors, columnTiles, packed, depth, tilesAtOnce } = tiling;
  const panel = tilesAtOnce * depth * vectors * target.lanes;
  const heights = [...new Set([tiling.rows.size, tiling.rows.last])];
  const byColumns = tiling.split === 'columns';
  const body = code`
    ${packed ? `float *panel = scratch + me * ${panel}L;` : ''}
    SHARE(${columnTiles}, first_column, end_column);
    ${byColumns ? '' : `first_column = 0, end_column = ${columnTiles};`}
    SHARE(${tiling.rows.count}, first_row, end_row);
    ${byColumns ? `first_row = 0, end_row = ${tiling.rows.count};` : ''}
    for (long block = first_column; block < end_column; block += ${tilesAtOnce}) {
      const long block_end = block + ${tilesAtOnce} < end_column ? block + ${tilesAtOnce} : end_column;
      for (long k = 0; k < ${inner}; k += ${depth}) {
        const long steps = k + ${depth} < ${inner} ? ${depth} : ${inner} - k;
        const int begins = k == 0, ends = k + steps == ${inner};
        ${packed ? `NAME_pack(b_matrix + k * ${columns}L, panel, block, block_end, steps);` : ''}
        for (long i = first_row; i < end_row; i++) {
          const long row = i * ${tiling.rows.size};
          const float *a_tile = a_matrix + ${transA ? `k * ${rows}L + row` : `row * ${inner}L + k`};
          for (long j = block; j < block_end; j++) {
            const long column = j * ${vectors} * LANES;
            const float *b_tile = ${packed ? `panel + (j - block) * steps * ${vectors} * LANES` : `b_matrix + k * ${columns}L + column`};
            float *y_tile = y + row * ${columns}L + column;
            ${callTile(product, tiling)}
          }
        }
      }
    }
    ${clearByFirst('y', rows * columns, target)}
  `;
  const functions = [
    partialAccess,
    clip ? clipFunction(clip) : '',
    packed ? packFunction(product, tiling) : '',
    ...heights.flatMap((height) => tileFunctions(product, tiling, height)),
  ];
  return {
    code: `${functions.join('')}${kernelFunction(productOperands({ ...product, bias }, packed), body)}`,
    ...(packed && { workspace: target.threads * panel }),
  };
}

/** The call for the tile at hand: a last row or column of tiles may have its own function. */
function callTile(product: Product, { rows, columnTiles }: Tiling): string {
  const bias = product.bias ? 'bias + column, ' : '';
  const call = (height: number, last: boolean) =>
    `NAME_${height}${last ? '_last' : ''}(a_tile, b_tile, y_tile, ${bias}steps, begins, ends);`;
  const ofHeight = (height: number) =>
    columnTiles === 1
      ? call(height, true)
      : `if (j + 1 < ${columnTiles}) ${call(height, false)}\nelse ${call(height, true)}`;
  if (rows.size === rows.last) return ofHeight(rows.size);
  return code`
    if (i + 1 < ${rows.count}) {
      ${ofHeight(rows.size)}
    } else {
      ${ofHeight(rows.last)}
    }
  `;
}

/** `NAME_pack`: rows of B, cut into tiles that lie one behind the other, zero beyond the last column. */
function packFunction({ columns, target }: Product, { vectors, columnTiles }: Tiling): string {
  const width = vectors * target.lanes;
  const rest = columns - (columnTiles - 1) * width;
  return code`
    static void NAME_pack(const float *b, float *panel, long first, long end, long steps) {
      for (long k = 0; k < steps; k++) {
        for (long j = first; j < end; j++) {
          const float *from = b + k * ${columns}L + j * ${width};
          float *to = panel + ((j - first) * steps + k) * ${width};
          if (j + 1 < ${columnTiles}) {
            memcpy(to, from, ${width} * sizeof(float));
          } else {
            memcpy(to, from, ${rest} * sizeof(float));
            ${rest < width ? `memset(to + ${rest}, 0, ${width - rest} * sizeof(float));` : ''}
          }
        }
      }
    }
  `;
}

function tileFunctions(product: Product, tiling: Tiling, height: number): string[] {
  const last = tileFunction(product, tiling, height, true);
  return tiling.columnTiles === 1 ? [last] : [tileFunction(product, tiling, height, false), last];
}

/** `NAME_H` and `NAME_H_last`: adds `steps` products to a tile; the last column of tiles may end within a vector. */
function tileFunction(product: Product, tiling: Tiling, height: number, isLast: boolean): string {
  const { rows, columns, inner, transA, bias, clip, target } = product;
  const { packed } = tiling;
  const vectors = isLast ? tiling.lastVectors : tiling.vectors;
  const rest = isLast ? columns % target.lanes : 0;
  const partial = (v: number) => rest > 0 && v === vectors - 1;
  const load = (pointer: string, v: number) =>
    partial(v) ? `NAME_load(${pointer}, ${rest})` : `LOAD_U(${pointer})`;
  const [aRow, aStep] = transA ? [1, rows] : [inner, 1];
  const bStep = packed ? tiling.vectors * target.lanes : columns;
  const places = range(height).flatMap((m) => range(vectors).map((v) => ({ m, v, sum: `s${m}_${v}` })));
  const result = places.map(({ m, v, sum }) => {
    const at = `y + ${m * columns}L + ${v} * LANES`;
    const added = `value += ${load(at, v)};`;
    const start = bias ? `if (begins) value += bias${v}; else ${added}` : `if (!begins) ${added}`;
    const clipped = clip ? 'if (ends) value = NAME_clip(value);' : '';
    const store = partial(v) ? `NAME_store(${at}, value, ${rest});` : `STORE_U(${at}, value);`;
    return `{ vec value = ${sum}; ${start} ${clipped} ${store} }`;
  });
  const parameters = ['const float *a', 'const float *b', 'float *y', ...(bias ? ['const float *bias'] : [])];
  return code`
    static __attribute__((noinline)) void NAME_${height}${isLast ? '_last' : ''}(${parameters.join(', ')}, long steps, int begins, int ends) {
      vec ${places.map(({ sum }) => `${sum} = ZERO`).join(', ')};
      for (long k = 0; k < steps; k++, a += ${aStep}, b += ${bStep}) {
        const vec ${range(vectors)
          .map((v) => `b${v} = ${packed ? `LOAD(b + ${v} * LANES)` : load(`b + ${v} * LANES`, v)}`)
          .join(', ')};
        ${places.map(({ m, v, sum }) => `${sum} += a[${m * aRow}] * b${v};`).join('\n')}
      }
      ${
        bias
          ? `const vec ${range(vectors)
              .map((v) => `bias${v} = ${load(`bias + ${v} * LANES`, v)}`)
              .join(', ')};`
          : ''
      }
      ${result.join('\n')}
    }
  `;
}
