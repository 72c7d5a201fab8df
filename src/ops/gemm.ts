// Matrix product, the fully connected layer: Y = A' B' + C, where A' is A or its transpose, B' likewise.
//   Y[m, n] = c[n] + sum over k of A'[m, k] B'[k, n]
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { formatShape } from '../tensor/shape.ts';
import { check, checkFloats, checkRank, checkShape, floatType } from './check.ts';
import { reduceSum } from './reduce-sum.ts';

export type GemmAttributes = {
  /** Whether the first matrix is stored as `[K, M]` (default: false). */
  readonly transA: boolean;
  /** Whether the second matrix is stored as `[N, K]`, as are the weights of a fully connected layer (default: false). */
  readonly transB: boolean;
};

/** `[M, K]`, `[K, N]` (or their transposes), optional bias `[N]` -> `[M, N]`. */
export const Gemm: Operator<GemmAttributes, [a: 'float32', b: 'float32', c?: 'float32']> = {
  name: 'Gemm',

  infer(inputs, attributes) {
    checkFloats('Gemm', inputs, 2, 3);
    const [a, b, c] = inputs;
    const { transA, transB } = attributes;
    checkRank('Gemm', 'first matrix', a, transA ? '[K, M]' : '[M, K]');
    checkRank('Gemm', 'second matrix', b, transB ? '[N, K]' : '[K, N]');
    const [rows, inner] = sides(a, transA);
    const [rowsOfB, columns] = sides(b, transB);
    check(
      'Gemm',
      inner === rowsOfB,
      () =>
        `cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)} with transA ${transA}, transB ${transB}: ` +
        `${inner} columns and ${rowsOfB} rows; make them equal or change the transposes.`,
    );
    if (c) checkShape('Gemm', 'bias', c, [columns]);
    return [floatType([rows, columns])];
  },

  compute({ inputs: [a, b, c], outputs: [y], attributes: { transA, transB } }) {
    const [rows, inner] = sides(a, transA);
    const columns = y.shape[1];
    for (let m = 0; m < rows; m++) {
      for (let n = 0; n < columns; n++) {
        let sum = c ? c.data[n] : 0;
        for (let k = 0; k < inner; k++) {
          const aOffset = transA ? k * rows + m : m * inner + k;
          const bOffset = transB ? n * inner + k : k * columns + n;
          sum += a.data[aOffset] * b.data[bOffset];
        }
        y.data[m * columns + n] = sum;
      }
    }
  },

  gradient({ inputs: [a, b, c], outputGradients: [dy], attributes: { transA, transB }, needsGradient }) {
    const gradientA = () =>
      transA
        ? gemm(b, dy, undefined, { transA: transB, transB: true })
        : gemm(dy, b, undefined, { transB: !transB });
    const gradientB = () =>
      transB
        ? gemm(dy, a, undefined, { transA: true, transB: transA })
        : gemm(a, dy, undefined, { transA: !transA });
    return [
      needsGradient[0] ? gradientA() : undefined,
      needsGradient[1] ? gradientB() : undefined,
      c && needsGradient[2] ? reduceSum(dy, { axes: [0], keepDims: false }) : undefined,
    ];
  },

  cost([a, , c], [y], { transA }) {
    const [rows, inner] = sides(a, transA);
    const columns = y.shape[1];
    const macs = rows * columns * inner;
    return { macs, biasAdds: c ? rows * columns : 0, paddleFlops: macs };
  },
};

/**
 * Matrix product a b + c -> `[M, N]`.
 * @param a `[M, K]`, or `[K, M]` with `transA`
 * @param b `[K, N]`, or `[N, K]` with `transB`
 * @param c optional bias `[N]`
 * @throws ShapeError if the inner extents differ
 */
export function gemm(a: Value, b: Value, c?: Value, attributes: Partial<GemmAttributes> = {}): Value {
  const operands = [a, b] as const;
  return a.graph.apply(Gemm, c ? [...operands, c] : operands, {
    transA: false,
    transB: false,
    ...attributes,
  });
}

/** Rows and columns of a matrix in the product, after transposition. */
function sides({ shape }: Pick<ValueType, 'shape'>, transposed: boolean): readonly [number, number] {
  const [rows, columns] = shape as readonly [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}
