// How many channels and columns are summed in registers at once, and C that goes over such tiles.
import { range } from '../../../../../base/numbers.ts';
import { code } from '../../../compiler/code.ts';
import { type Division, tileCount } from '../tiles.ts';

export interface TileRange {
  readonly first: number;
  readonly count: number;
}

/** The tiles of a division in order. */
export function tileRanges(division: Division): TileRange[] {
  const { size, large } = division;
  return range(tileCount(division)).map((i) => ({
    first: i * size - Math.max(0, i - large),
    count: i < large ? size : size - 1,
  }));
}

/** C that runs `body` for each tile, with the C variable `name` at its first number, given its size. */
export function overTiles(
  name: string,
  { size, large, small }: Division,
  body: (size: number) => string,
): string {
  const loop = (from: number, to: number, step: number) => code`
    for (long ${name} = ${from}; ${name} < ${to}; ${name} += ${step}) {
      ${body(step)}
    }
  `;
  const middle = large * size;
  return `${loop(0, middle, size)}${small > 0 ? loop(middle, middle + small * (size - 1), size - 1) : ''}`;
}
