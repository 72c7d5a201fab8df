// C that transposes matrices, in squares of lanes x lanes numbers.
import { range } from '../../../../base/numbers.ts';
import { repeat } from '../../compiler/c.ts';
import { code } from '../../compiler/code.ts';

/** Matrices `[count][rows][columns]` that lie one behind the other. */
export interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * C by which all threads turn the matrices at `from` into `[count][columns][rows]` at `to`. Where a side is not a
 * multiple of the square, the last square overlaps the one before it and writes the same numbers.
 */
export function transposeMatrices(matrices: Matrices, from: string, to: string, lanes: number): string {
  const { count, rows, columns } = matrices;
  if (Math.min(rows, columns) < lanes) return transposeNumbers(matrices, from, to);
  const [down, across] = [Math.ceil(rows / lanes), Math.ceil(columns / lanes)];
  const start = (square: string, extent: number) =>
    extent % lanes === 0
      ? `${square} * LANES`
      : `(${square} + 1) * LANES < ${extent} ? ${square} * LANES : ${extent - lanes}`;
  return code`
    {
      CHUNK(${count * down * across}, first, end);
      for (long item = first; item < end; item++) {
        const long place = item / ${down * across} * ${rows * columns}L, square_row = item / ${across} % ${down}, square_column = item % ${across};
        const long row = ${start('square_row', rows)}, column = ${start('square_column', columns)};
        const float *s = ${from} + place + row * ${columns} + column;
        float *t = ${to} + place + column * ${rows} + row;
        ${transposeSquare(lanes, columns, rows)}
      }
    }
  `;
}

function transposeNumbers({ count, rows, columns }: Matrices, from: string, to: string): string {
  return code`
    {
      CHUNK(${count * columns}, first, end);
      for (long item = first; item < end; item++) {
        const long column = item % ${columns}, place = item / ${columns} * ${rows * columns}L;
        for (long row = 0; row < ${rows}; row++) ${to}[item * ${rows} + row] = ${from}[place + row * ${columns} + column];
      }
    }
  `;
}

/**
 * C that turns the square at `s` into its transpose at `t`, in registers: at each level, halves of pairs of rows change
 * places. Rows lie `sourceRow` and `targetRow` floats apart.
 */
export function transposeSquare(lanes: number, sourceRow: number, targetRow: number): string {
  const levels = range(Math.log2(lanes)).map((level) => 1 << level);
  return [
    `vec swap, ${repeat(lanes, (i) => `r${i} = LOAD_U(s + ${i * sourceRow})`, ', ')};`,
    ...levels.flatMap((distance) => exchanges(lanes, distance)),
    ...range(lanes).map((i) => `STORE_U(t + ${i * targetRow}, r${i});`),
  ].join('\n');
}

/** Lets halves of all pairs of rows at this distance change places. */
function exchanges(lanes: number, distance: number): string[] {
  const low = range(lanes).map((lane) => (lane & distance ? lanes + lane - distance : lane));
  const high = range(lanes).map((lane) => (lane & distance ? lanes + lane : lane + distance));
  const [lows, highs] = [low.join(', '), high.join(', ')];
  return range(lanes)
    .filter((row) => (row & distance) === 0)
    .flatMap((row) => {
      const [a, b] = [`r${row}`, `r${row + distance}`];
      return [
        `swap = SHUFFLE(${a}, ${b}, ${lows});`,
        `${b} = SHUFFLE(${a}, ${b}, ${highs});`,
        `${a} = swap;`,
      ];
    });
}
