// The tiles of a dot product: some rows of A times some rows of B.
import { range } from '../../../../base/numbers.ts';
import { code } from '../../compiler/code.ts';
import type { Product } from './gemm-product.ts';

/** C for a vector of row number `row` of a matrix. */
type Load = (matrix: 'a' | 'b', row: number) => string;

/**
 * `NAME_HxW`: adds `steps` places along k to a tile's sums, which, if `waits`, wait in memory unless this block begins or
 * ends a chunk. At the end of a chunk they are added to the result, which the first chunk begins and the last one finishes.
 */
export function tileFunction(product: Product, waits: boolean, height: number, width: number): string {
  const { inner, target, bias } = product;
  const sums = range(height).flatMap((m) => range(width).map((n) => `s${m}_${n}`));
  const parameters = [
    ...['const float *a', 'const float *b', 'float *y', ...(bias ? ['const float *bias'] : [])],
    ...(waits ? ['float *sums'] : []),
    ...['long steps', 'int begins', 'int ends', 'int first', 'int last'],
  ];
  const remainder = code`
    if (last) {
      a += steps, b += steps;
      ${multiply(height, width, remainderLoad(product))}
    }
  `;
  return code`
    static __attribute__((noinline)) void NAME_${height}x${width}(${parameters.join(', ')}) {
      vec ${sums.map((sum) => `${sum} = ZERO`).join(', ')};
      ${waits ? resume(sums) : ''}
      for (long k = 0; k < steps; k += LANES) {
        ${multiply(height, width, (matrix, row) => `LOAD_U(${matrix} + ${row * inner}L + k)`)}
      }
      ${waits ? wait(sums) : ''}
      ${inner % target.lanes > 0 ? remainder : ''}
      float totals[${Math.ceil(sums.length / 4) * 4}];
      ${totalsOf(sums)}
      ${addToResult(product, height, width)}
    }
  `;
}

function resume(sums: readonly string[]): string {
  return code`
    if (!begins) {
      ${sums.map((sum, i) => `${sum} = LOAD(sums + ${i} * LANES);`).join('\n')}
    }
  `;
}

function wait(sums: readonly string[]): string {
  return code`
    if (!ends) {
      ${sums.map((sum, i) => `STORE(sums + ${i} * LANES, ${sum});`).join('\n')}
      return;
    }
  `;
}

/** One vector of each row of A times one of each row of B. */
function multiply(height: number, width: number, load: Load): string {
  const rowsOfA = range(height).map((m) => `const vec a${m} = ${load('a', m)};`);
  const products = range(width).map((n) => {
    const column = range(height).map((m) => `s${m}_${n} += a${m} * b${n};`);
    return `const vec b${n} = ${load('b', n)};\n${column.join(' ')}`;
  });
  return [...rowsOfA, ...products].join('\n');
}

/** Loads of what is left of a row beyond whole vectors: its last vector, in which A counts only in the last lanes. */
function remainderLoad({ inner, target }: Product): Load {
  const rest = inner % target.lanes;
  if (inner < target.lanes) return (matrix, row) => `NAME_load(${matrix} + ${row * inner}L, ${rest})`;
  const back = target.lanes - rest;
  return (matrix, row) => {
    const vector = `LOAD_U(${matrix} + ${row * inner}L - ${back})`;
    return matrix === 'a' ? `KEEP(NAME_lane >= ${back}, ${vector})` : vector;
  };
}

function totalsOf(sums: readonly string[]): string {
  const groups = range(Math.ceil(sums.length / 4)).map((group) => {
    const four = range(4).map((i) => sums[Math.min(4 * group + i, sums.length - 1)]);
    return `NAME_totals(${four.join(', ')}, totals + ${4 * group});`;
  });
  return groups.join('\n');
}

function addToResult(product: Product, height: number, width: number): string {
  const { columns, bias, epilogue, target } = product;
  const vectors = range(Math.ceil(width / target.lanes)).map((v) => {
    const count = Math.min(target.lanes, width - v * target.lanes);
    const place = `row + ${v * target.lanes}`;
    return `NAME_store(${place}, NAME_epilogue(NAME_load(${place}, ${count})), ${count});`;
  });
  const finish = code`
    if (last) {
      ${vectors.join('\n')}
    }
  `;
  return code`
    for (long m = 0; m < ${height}; m++) {
      float *row = y + m * ${columns}L;
      for (long n = 0; n < ${width}; n++) row[n] = totals[m * ${width} + n] + (first ? ${bias ? 'bias[n]' : '0'} : row[n]);
      ${epilogue ? finish : ''}
    }
  `;
}
