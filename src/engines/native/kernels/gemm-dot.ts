// Matrix product with B given as [N, K]: tiles of rows of A times rows of B, vectors along k, summed at the end.
import { range } from '../c.ts';
import type { Kernel } from '../kernel.ts';
import { clipNumber, evenParts, type Product, productOperands } from './gemm-product.ts';
import { clearByFirst, fourTotals, partialAccess } from './lanes.ts';
import { code, kernelFunction } from './template.ts';

/** Floats of one row of A and of B that are multiplied before the next tile: both tiles' rows stay in the first cache. */
const BLOCK = 768;
/** The same where one tile holds all rows of A, so that B passes by only once: A's rows stay in the second cache. */
const LONG_BLOCK = 32768;

interface Tiling {
  readonly rows: ReturnType<typeof evenParts>;
  readonly columns: ReturnType<typeof evenParts>;
  /** Along k, in whole vectors. */
  readonly block: number;
}

function tilingOf({ rows, columns, inner, target: { registers, lanes } }: Product): Tiling {
  const [mostRows, accumulators] = registers === 32 ? [4, 24] : [3, 12];
  const ofRows = evenParts(rows, mostRows);
  const ofColumns = evenParts(columns, Math.min(8, Math.floor(accumulators / ofRows.size)));
  const longest = ofRows.count === 1 ? LONG_BLOCK / rows : BLOCK;
  const vectors = Math.max(1, Math.floor(inner / lanes));
  return { rows: ofRows, columns: ofColumns, block: evenParts(vectors, longest / lanes).size * lanes };
}

export function dotProduct(product: Product): Kernel {
  const { rows, columns, inner, transA, bias, target } = product;
  const tiling = tilingOf(product);
  const whole = inner - (inner % target.lanes);
  const heights = [...new Set([tiling.rows.size, tiling.rows.last])];
  const widths = [...new Set([tiling.columns.size, tiling.columns.last])];
  const tiles = heights.flatMap((height) => widths.map((width) => tileFunction(product, height, width)));
  const call = (height: number, width: number) =>
    `NAME_${height}x${width}(a_tile, b_tile, y_tile, ${bias ? 'bias + column, ' : ''}steps, k == 0, ends);`;
  const byWidth = (height: number) =>
    choose(widths, `column + ${tiling.columns.size} <= ${columns}`, (width) => call(height, width));
  const body = code`
    ${transA ? transposeA(product) : ''}
    SHARE(${tiling.columns.count * tiling.rows.count}, first, end);
    for (long k = 0; k == 0 || k < ${whole}; k += ${tiling.block}) {
      const long steps = k + ${tiling.block} < ${whole} ? ${tiling.block} : ${whole} - k;
      const int ends = k + steps == ${whole};
      for (long tile = first; tile < end; tile++) {
        const long row = tile % ${tiling.rows.count} * ${tiling.rows.size};
        const long column = tile / ${tiling.rows.count} * ${tiling.columns.size};
        const float *a_tile = ${transA ? 'scratch' : 'a_matrix'} + row * ${inner}L + k;
        const float *b_tile = b_matrix + column * ${inner}L + k;
        float *y_tile = y + row * ${columns}L + column;
        ${choose(heights, `row + ${tiling.rows.size} <= ${rows}`, byWidth)}
      }
    }
    ${clearByFirst('y', rows * columns, target)}
  `;
  return {
    code: `${partialAccess}${fourTotals(target)}${tiles.join('')}${kernelFunction(productOperands(product, transA), body)}`,
    ...(transA && { workspace: rows * inner }),
  };
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

/** `NAME_HxW`: a tile of the result from `steps` places along k, and those beyond whole vectors if it is the end. */
function tileFunction(product: Product, height: number, width: number): string {
  const { columns, inner, bias, clip, target } = product;
  const rest = inner % target.lanes;
  const sums = range(height).flatMap((m) => range(width).map((n) => `s${m}_${n}`));
  const multiply = (load: (matrix: string, row: number) => string) => code`
    const vec ${range(height)
      .map((m) => `a${m} = ${load('a', m)}`)
      .join(', ')};
    ${range(width)
      .map((n) => {
        const products = range(height).map((m) => `s${m}_${n} += a${m} * b${n};`);
        return `const vec b${n} = ${load('b', n)};\n${products.join(' ')}`;
      })
      .join('\n')}
  `;
  const ending = code`
    if (ends) {
      a += steps, b += steps;
      ${multiply((matrix, row) => `NAME_load(${matrix} + ${row * inner}L, ${rest})`)}
    }
  `;
  const parameters = ['const float *a', 'const float *b', 'float *y', ...(bias ? ['const float *bias'] : [])];
  return code`
    static __attribute__((noinline)) void NAME_${height}x${width}(${parameters.join(', ')}, long steps, int begins, int ends) {
      vec ${sums.map((sum) => `${sum} = ZERO`).join(', ')};
      for (long k = 0; k < steps; k += LANES) {
        ${multiply((matrix, row) => `LOAD_U(${matrix} + ${row * inner}L + k)`)}
      }
      ${rest > 0 ? ending : ''}
      float totals[${Math.ceil(sums.length / 4) * 4}];
      ${totalsOf(sums)}
      for (long m = 0; m < ${height}; m++) {
        for (long n = 0; n < ${width}; n++) {
          float value = totals[m * ${width} + n] + (begins ? ${bias ? 'bias[n]' : '0'} : y[m * ${columns}L + n]);
          ${clip ? `if (ends) {\n  ${clipNumber(clip)}\n}` : ''}
          y[m * ${columns}L + n] = value;
        }
      }
    }
  `;
}

function totalsOf(sums: readonly string[]): string {
  const groups = range(Math.ceil(sums.length / 4)).map((group) => {
    const four = range(4).map((i) => sums[Math.min(4 * group + i, sums.length - 1)]);
    return `NAME_totals(${four.join(', ')}, totals + ${4 * group});`;
  });
  return groups.join('\n');
}

/** A as [M, K] in the workspace. */
function transposeA({ rows, inner }: Product): string {
  return code`
    {
      SHARE(${rows}, first, end);
      for (long m = first; m < end; m++) {
        for (long k = 0; k < ${inner}; k++) scratch[m * ${inner}L + k] = a_matrix[k * ${rows}L + m];
      }
      team->barrier(team);
    }
  `;
}
