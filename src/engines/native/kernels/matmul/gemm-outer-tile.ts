// The tiles of an outer product, and the copies of A and B that they read.
import { range } from '../../../../base/numbers.ts';
import { code } from '../../compiler/code.ts';
import type { Parts, Product } from './gemm-product.ts';

/** How an outer product is divided. */
export interface OuterTiling {
  readonly rows: Parts;
  /** Vectors of a tile's row, and of that of the last tile. */
  readonly vectors: number;
  readonly lastVectors: number;
  readonly columnTiles: number;
  /** Whether B is copied so that the rows of a tile lie side by side. */
  readonly packsB: boolean;
  /** Whether A is copied so that the numbers that a tile multiplies a row of B with lie side by side. */
  readonly packsA: boolean;
  /** Rows of B at a time. */
  readonly depth: number;
  /** Tiles side by side at a time. */
  readonly tilesAtOnce: number;
  readonly split: 'columns' | 'rows';
}

/** C that copies A for each tile's height as [k][row], by all threads. */
export function packA({ rows, inner, transA }: Product, { rows: { size } }: OuterTiling): string {
  const [ofRow, ofStep] = transA ? [1, rows] : [inner, 1];
  return code`
    {
      CHUNK(${Math.ceil(rows / size) * inner}, first, end);
      for (long item = first; item < end; item++) {
        const long row = item / ${inner} * ${size}, k = item % ${inner};
        const long height = ${rows} - row < ${size} ? ${rows} - row : ${size};
        for (long m = 0; m < height; m++) a_packed[item * ${size} + m] = a_matrix[(row + m) * ${ofRow}L + k * ${ofStep}L];
      }
      pool->barrier(pool);
    }
  `;
}

/** `NAME_pack_b`: rows of B in tiles that lie one behind the other, zero beyond the last column. */
export function packBFunction({ columns, target }: Product, { vectors, columnTiles }: OuterTiling): string {
  const width = vectors * target.lanes;
  const rest = columns - (columnTiles - 1) * width;
  return code`
    static void NAME_pack_b(const float *b, float *panel, long first, long end, long steps) {
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

/** Whether the last column of tiles is like the others. */
export function endsEvenly({ vectors, lastVectors }: OuterTiling, { columns, target }: Product): boolean {
  return vectors === lastVectors && columns % target.lanes === 0;
}

/** `NAME_H` and, for the last column of tiles if it is another, `NAME_H_last`. */
export function tileFunctions(product: Product, tiling: OuterTiling, height: number): string {
  if (endsEvenly(tiling, product)) return tileFunction(product, tiling, height, false);
  const last = tileFunction(product, tiling, height, true);
  return tiling.columnTiles === 1 ? last : `${tileFunction(product, tiling, height, false)}${last}`;
}

/**
 * Adds `steps` products to a tile of `height` rows; in the last column of tiles it may end within a vector. Loads of the
 * result all come before its stores: where rows are a multiple of 4096 bytes apart, each load would wait for the store
 * before it.
 */
function tileFunction(product: Product, tiling: OuterTiling, height: number, isLast: boolean): string {
  const { rows, columns, inner, transA, bias, epilogue, target } = product;
  const { packsA, packsB } = tiling;
  const vectors = isLast ? tiling.lastVectors : tiling.vectors;
  const rest = isLast ? columns % target.lanes : 0;
  const isPartial = (v: number) => rest > 0 && v === vectors - 1;
  const load = (place: string, v: number) =>
    isPartial(v) ? `NAME_load(${place}, ${rest})` : `LOAD_U(${place})`;
  const [ofRow, ofStep] = packsA ? [1, tiling.rows.size] : transA ? [1, rows] : [inner, 1];
  const places = range(height).flatMap((m) =>
    range(vectors).map((v) => ({ m, v, sum: `s${m}_${v}`, at: `y + ${m * columns}L + ${v} * LANES` })),
  );
  const each = (statement: (place: (typeof places)[number]) => string) => places.map(statement).join('\n');
  const rowOfB = range(vectors).map((v) => {
    const place = `b + ${v} * LANES`;
    return `const vec b${v} = ${packsB ? `LOAD(${place})` : load(place, v)};`;
  });
  const addBias = code`
    if (begins) {
      ${range(vectors)
        .map((v) => `const vec bias${v} = ${load(`bias + ${v} * LANES`, v)};`)
        .join('\n')}
      ${each(({ v, sum }) => `${sum} += bias${v};`)}
    }
  `;
  const finishAll = code`
    if (ends) {
      ${each(({ sum }) => `${sum} = NAME_epilogue(${sum});`)}
    }
  `;
  const parameters = ['const float *a', 'const float *b', 'float *y', ...(bias ? ['const float *bias'] : [])];
  return code`
    static __attribute__((noinline)) void NAME_${height}${isLast ? '_last' : ''}(${parameters.join(', ')}, long steps, int begins, int ends) {
      vec ${places.map(({ sum }) => `${sum} = ZERO`).join(', ')};
      for (long k = 0; k < steps; k++, a += ${ofStep}, b += ${packsB ? tiling.vectors * target.lanes : columns}) {
        ${rowOfB.join('\n')}
        ${each(({ m, v, sum }) => `${sum} += a[${m * ofRow}] * b${v};`)}
      }
      ${bias ? addBias : ''}
      if (!begins) {
        ${each(({ v, sum, at }) => `${sum} += ${load(at, v)};`)}
      }
      ${epilogue ? finishAll : ''}
      ${each(({ v, sum, at }) => (isPartial(v) ? `NAME_store(${at}, ${sum}, ${rest});` : `STORE_U(${at}, ${sum});`))}
    }
  `;
}
