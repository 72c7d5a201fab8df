// Winograd's minimal filtering F(m x m, 3 x 3): the outputs of a tile are A^T [(G g G^T) . (B^T d B)] A, with one
// multiplication a point. Here are the one-dimensional transforms A, B and G as C functions over vectors.
// Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, "Fast algorithms for convolutional neural
// networks", 2016. The transforms are those of Toom and Cook: polynomials are multiplied by their values at points.

import { range } from '../../../../../base/numbers.ts';
import { literal } from '../../../compiler/c.ts';
import { block, indent, lines } from '../../../compiler/code.ts';

/** Head of a C function that becomes part of its callers. */
export const alwaysInline = 'static inline __attribute__((always_inline))';

/** Outputs along one side of a tile. */
export type TileSize = 2 | 4;

/** Inputs along one side of a tile, which is the number of points. */
export const extentOf = (size: TileSize): number => size + 2;
/** Products that a tile takes. */
export const planesOf = (size: TileSize): number => extentOf(size) ** 2;

/**
 * The points are 0, infinity, and p and -p for each of these. The textbook's 1 and 2 cost as much for tiles of 4 and are
 * two to three times less accurate.
 */
const positivePoints: Record<TileSize, readonly number[]> = { 2: [1], 4: [5 / 8, 3 / 2] };

/**
 * - `input`: B^T, of what the forward pass reads; `output`: A^T, of products; `filter`: G, of weights.
 * - `gradient`: A, of the gradient of outputs; `filterGradient`: G^T, of products to the gradient of weights.
 */
export type TransformKind = 'input' | 'output' | 'filter' | 'gradient' | 'filterGradient';

/** Lengths of the vectors that a transform maps from and to. */
function lengthsOf(kind: TransformKind, size: TileSize): readonly [from: number, to: number] {
  const points = extentOf(size);
  switch (kind) {
    case 'input':
      return [points, points];
    case 'output':
      return [points, size];
    case 'filter':
      return [3, points];
    case 'gradient':
      return [size, points];
    case 'filterGradient':
      return [points, 3];
  }
}

/** `NAME_<kind>(d, o)`, a C function that transforms one row or column d to o. */
export function transformFunction(kind: TransformKind, size: TileSize): string {
  return `${alwaysInline} void NAME_${kind}(const vec *d, vec *o)
{
${indent(statements[kind](positivePoints[size]).join('\n'))}
}
`;
}

type Term = readonly [factor: number, value: string];

/** A weighted sum; terms with factor 1 come first, so that the others are multiply-adds. */
function sum(terms: readonly Term[]): string {
  const used = terms.filter(([factor]) => factor !== 0);
  const ordered = [...used.filter(([factor]) => factor === 1), ...used.filter(([factor]) => factor !== 1)];
  const text = ordered.map(([factor, value]) => {
    const size = Math.abs(factor) === 1 ? value : `${literal(Math.abs(factor))} * ${value}`;
    return `${factor < 0 ? '-' : '+'} ${size}`;
  });
  return text.join(' ').replace(/^\+ /, '').replace(/^- /, '-');
}

/** Coefficients of the product of (y - root), the constant first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce<number[]>(
    (product, root) => range(product.length + 1).map((i) => (product[i - 1] ?? 0) - root * (product[i] ?? 0)),
    [1],
  );
}

/** The product of (y - p^2) over the points p other than that with number `but`, as coefficients. */
function squares(points: readonly number[], but = -1): number[] {
  return polynomial(points.filter((_, k) => k !== but).map((p) => p * p));
}

/** The product of the differences between point p (with number k) and the other finite points. */
function distance(points: readonly number[], k: number): number {
  const square = points[k] ** 2;
  return 2 * square * squares(points, k).reduce((value, factor, i) => value + factor * square ** i, 0);
}

/** Statements for values at p and -p, which are even + odd and even - odd. */
function pair(k: number, even: readonly Term[], odd: readonly Term[], factor = 1): string[] {
  const o = (i: number): string => `o[${2 * k + 1 + i}]`;
  return [
    `const vec even${k} = ${sum(even)}, odd${k} = ${sum(odd)};`,
    `${o(0)} = ${sum([
      [1, `even${k}`],
      [factor, `odd${k}`],
    ])};`,
    `${o(1)} = ${sum([
      [1, `even${k}`],
      [-factor, `odd${k}`],
    ])};`,
  ];
}

/** Sums and differences of the values at p and -p. */
function pairSums(points: readonly number[]): string[] {
  return points.map((_, k) => {
    const [plus, minus] = [`d[${2 * k + 1}]`, `d[${2 * k + 2}]`];
    return `const vec sum${k} = ${plus} + ${minus}, difference${k} = ${plus} - ${minus};`;
  });
}

const statements: Record<TransformKind, (points: readonly number[]) => string[]> = {
  input(points) {
    const all = squares(points);
    const last = 2 * points.length + 1;
    const from = (factors: readonly number[], start: number): Term[] =>
      factors.map((factor, i) => [factor, `d[${start + 2 * i}]`]);
    return [
      `o[0] = ${sum(from(all, 0))};`,
      ...points.flatMap((p, k) => pair(k, from(squares(points, k), 2), from(squares(points, k), 1), p)),
      `o[${last}] = ${sum(from(all, 1))};`,
    ];
  },

  output(points) {
    const size = 2 * points.length;
    const power = (i: number): Term[] =>
      points.map((p, k) => [p ** i, i % 2 === 0 ? `sum${k}` : `difference${k}`]);
    const ends = (i: number): Term[] => [
      ...(i === 0 ? [[1, 'd[0]'] as const] : []),
      ...(i === size - 1 ? [[1, `d[${size + 1}]`] as const] : []),
    ];
    return [...pairSums(points), ...range(size).map((i) => `o[${i}] = ${sum([...ends(i), ...power(i)])};`)];
  },

  filter(points) {
    const at = (p: number, k: number): string[] => {
      const scale = 1 / distance(points, k);
      return pair(
        k,
        [
          [scale, 'd[0]'],
          [p * p * scale, 'd[2]'],
        ],
        [[p * scale, 'd[1]']],
      );
    };
    return [
      `o[0] = ${sum([[1 / squares(points)[0], 'd[0]']])};`,
      ...points.flatMap(at),
      `o[${2 * points.length + 1}] = d[2];`,
    ];
  },

  gradient(points) {
    const size = 2 * points.length;
    const powers = (p: number, start: number): Term[] =>
      range(size / 2).map((i) => [p ** (start + 2 * i), `d[${start + 2 * i}]`]);
    return [
      'o[0] = d[0];',
      ...points.flatMap((p, k) => pair(k, powers(p, 0), powers(p, 1))),
      `o[${size + 1}] = d[${size - 1}];`,
    ];
  },

  filterGradient(points) {
    const row = (power: number): Term[] =>
      points.map((p, k) => [p ** power / distance(points, k), power === 1 ? `difference${k}` : `sum${k}`]);
    return [
      ...pairSums(points),
      `o[0] = ${sum([[1 / squares(points)[0], 'd[0]'], ...row(0)])};`,
      `o[1] = ${sum(row(1))};`,
      `o[2] = ${sum([[1, `d[${2 * points.length + 1}]`], ...row(2)])};`,
    ];
  },
};

/** C expressions of where a two-dimensional transform reads, and statements that use the results of one row. */
export interface Ends {
  readonly load: (row: number, column: number) => string;
  /** The results are in o[0], o[1], ... */
  readonly store: (row: number) => string;
}

/** C of a whole two-dimensional transform: columns, then rows. */
export function transformTile(kind: TransformKind, size: TileSize, { load, store }: Ends): string {
  const rows = range(lengthsOf(kind, size)[1]);
  return lines(
    transformColumns(kind, size, load),
    ...rows.map((i) => block('', transformRow(kind, size, i), store(i))),
  );
}

/** C that transforms all columns: `columns[j][i]`. */
function transformColumns(kind: TransformKind, size: TileSize, load: Ends['load']): string {
  const [from, to] = lengthsOf(kind, size);
  const column = (j: number): string => {
    const values = range(from).map((i) => load(i, j));
    return block('', `const vec d[${from}] = {${values.join(', ')}};`, `NAME_${kind}(d, columns[${j}]);`);
  };
  return lines(`vec columns[${from}][${to}];`, ...range(from).map(column));
}

/** C that transforms row i of `columns`, which are transformed already, to o[0], o[1], ... */
export function transformRow(kind: TransformKind, size: TileSize, i: number): string {
  const [from, to] = lengthsOf(kind, size);
  const values = range(from).map((j) => `columns[${j}][${i}]`);
  return `const vec d[${from}] = {${values.join(', ')}};\nvec o[${to}];\nNAME_${kind}(d, o);`;
}
