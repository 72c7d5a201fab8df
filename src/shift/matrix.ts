// Double-precision matrices, and the linear algebra for comparing sets of features.
import { DataError } from '../base/errors.ts';

/** A row-major matrix. Feature matrices have one row for each image. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data = new Float64Array(rows * columns)): Matrix {
  return { rows, columns, data };
}

/** A matrix from its rows. @throws DataError if a value is not finite */
export function matrixFromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const made = matrix(rows.length, columns);
  for (const [i, row] of rows.entries()) made.data.set(row, i * columns);
  if (made.data.every(Number.isFinite)) return made;
  throw new DataError('some features are NaN or infinite; use a checkpoint with finite weights.');
}

export function matrixRow({ columns, data }: Matrix, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

export function pickRows(source: Matrix, rows: ArrayLike<number>): Matrix {
  return matrixFromRows(Array.from(rows, (row) => matrixRow(source, row)));
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** target += factor x source */
export function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

/** a b' of `[M, K]` and `[N, K]`: `[M, N]`. */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const product = matrix(a.rows, b.rows);
  for (let i = 0, at = 0; i < a.rows; i++) {
    const row = matrixRow(a, i);
    for (let j = 0; j < b.rows; j++) product.data[at++] = dot(row, matrixRow(b, j));
  }
  return product;
}

/** a' b of `[K, M]` and `[K, N]`: `[M, N]`. */
export function transposedTimes(a: Matrix, b: Matrix): Matrix {
  const product = matrix(a.columns, b.columns);
  const { data } = product;
  for (let k = 0; k < a.rows; k++) {
    const row = matrixRow(b, k);
    for (let i = 0; i < a.columns; i++) {
      const factor = a.data[k * a.columns + i];
      const start = i * b.columns;
      for (let j = 0; j < row.length; j++) data[start + j] += factor * row[j];
    }
  }
  return product;
}

/** a' a of `[K, M]`: `[M, M]`, using symmetry. */
export function gram(a: Matrix): Matrix {
  const size = a.columns;
  const product = matrix(size, size);
  const { data } = product;
  for (let k = 0; k < a.rows; k++) {
    const row = matrixRow(a, k);
    for (let i = 0; i < size; i++) {
      const factor = row[i];
      for (let j = 0; j <= i; j++) data[i * size + j] += factor * row[j];
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) data[j * size + i] = data[i * size + j];
  return product;
}

export function columnMeans(source: Matrix): Float64Array {
  const mean = new Float64Array(source.columns);
  for (let row = 0; row < source.rows; row++) addScaled(mean, matrixRow(source, row), 1 / source.rows);
  return mean;
}

/** Subtracts `center` from every row, and multiplies by `factor`. */
export function centered(source: Matrix, center: Float64Array, factor = 1): Matrix {
  const { rows, columns } = source;
  const data = source.data.map((value, i) => factor * (value - center[i % columns]));
  return matrix(rows, columns, data);
}

/** Pivots below this multiple of the largest diagonal element count as 0. */
const NEGLIGIBLE = 1e-13;

/** Cholesky factor: the lower triangular l with l l' = a, for a positive semidefinite `a`. Zero pivots give columns of zeros. */
export function cholesky(a: Matrix): Matrix {
  const size = a.rows;
  const l = matrix(size, size);
  const least = NEGLIGIBLE * Math.max(...Array.from({ length: size }, (_, i) => a.data[i * size + i]));
  for (let j = 0; j < size; j++) {
    const head = matrixRow(l, j).subarray(0, j);
    const pivot = a.data[j * size + j] - dot(head, head);
    if (!(pivot > least)) continue;
    const root = Math.sqrt(pivot);
    for (let i = j; i < size; i++) {
      const left = a.data[i * size + j] - dot(matrixRow(l, i).subarray(0, j), head);
      l.data[i * size + j] = left / root;
    }
  }
  return l;
}

/** Solves l x = b for a lower triangular l; x is 0 where the pivot is 0. */
export function solveLower(l: Matrix, b: Float64Array): Float64Array {
  const x = new Float64Array(b.length);
  for (let i = 0; i < x.length; i++) {
    const pivot = l.data[i * l.columns + i];
    if (pivot !== 0) x[i] = (b[i] - dot(matrixRow(l, i).subarray(0, i), x.subarray(0, i))) / pivot;
  }
  return x;
}

/** Solves l' x = b for a lower triangular l without zeros on its diagonal. */
export function solveTransposed(l: Matrix, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = x.length - 1; i >= 0; i--) {
    x[i] /= l.data[i * l.columns + i];
    addScaled(x.subarray(0, i), matrixRow(l, i).subarray(0, i), -x[i]);
  }
  return x;
}

const MAX_SWEEPS = 40;
/** Rows whose cosine is below this count as orthogonal. */
const ORTHOGONAL = 1e-9;

/**
 * Sum of the singular values by one-sided Jacobi rotations (Hestenes 1958): rows are rotated pairwise until all are orthogonal,
 * and their lengths are the singular values. Unlike the eigenvalues of a a', small values are as accurate as large ones.
 */
export function sumOfSingularValues(a: Matrix): number {
  const rows = Array.from({ length: a.rows }, (_, i) => matrixRow(a, i).slice());
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (const [i, row] of rows.entries()) {
      for (let j = i + 1; j < rows.length; j++) if (makeOrthogonal(row, rows[j])) rotated = true;
    }
  }
  return rows.reduce((sum, row) => sum + Math.sqrt(dot(row, row)), 0);
}

/** Rotates two rows in their plane; returns false if they are already orthogonal. */
function makeOrthogonal(a: Float64Array, b: Float64Array): boolean {
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (Math.abs(ab) <= ORTHOGONAL * Math.sqrt(aa * bb)) return false;
  const zeta = (bb - aa) / (2 * ab);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
  return true;
}
