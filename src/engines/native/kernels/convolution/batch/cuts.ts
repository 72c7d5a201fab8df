// How many channels and columns are summed in registers at once, and C that goes over such pieces.
import { range } from '../../../compiler/c.ts';
import { code } from '../../../compiler/code.ts';
import { type Cut, piecesOf } from '../tiles.ts';

export interface Stretch {
  readonly first: number;
  readonly count: number;
}

/** The pieces of a cut in order. */
export function stretchesOf(cut: Cut): Stretch[] {
  const { size, large } = cut;
  return range(piecesOf(cut)).map((i) => ({
    first: i * size - Math.max(0, i - large),
    count: i < large ? size : size - 1,
  }));
}

/** C that runs `body` for each piece, with the C variable `name` at its first number, given its size. */
export function overCut(name: string, { size, large, small }: Cut, body: (size: number) => string): string {
  const loop = (from: number, to: number, step: number) => code`
    for (long ${name} = ${from}; ${name} < ${to}; ${name} += ${step}) {
      ${body(step)}
    }
  `;
  const middle = large * size;
  return `${loop(0, middle, size)}${small > 0 ? loop(middle, middle + small * (size - 1), size - 1) : ''}`;
}
