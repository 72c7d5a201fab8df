// C functions that read tiles from images and write them transformed.

import { range } from '../../../../../base/numbers.ts';
import { repeat } from '../../../compiler/c.ts';
import { block, lines } from '../../../compiler/code.ts';
import type { ImageGeometry } from '../../../compiler/layout.ts';
import type { TileSteps, Tiling } from './tiling.ts';
import { alwaysInline, extentOf, type TransformKind, transformRow } from './transforms.ts';

/** Windows of an image that step by the size of a tile. */
export interface Windows {
  readonly kind: Extract<TransformKind, 'input' | 'gradient'>;
  readonly image: ImageGeometry;
  /** Rows and columns by which the first window begins before the image. */
  readonly padStart: readonly [rows: number, columns: number];
}

/**
 * `NAME_read_<kind>(image, tiles, first, count)`: transforms `count` tiles, beginning with number `first`, which begins a
 * group, of one block of channels; the last group is filled up with zeros. Neighboring windows overlap and share their
 * transformed columns.
 */
export function readFunction(windows: Windows, tiling: Tiling, steps: TileSteps): string {
  const { kind } = windows;
  return lines(
    columnFunction(windows, tiling),
    tileFunction(kind, tiling, steps),
    block(
      `static __attribute__((noinline)) void NAME_read_${kind}(const float *image, float *tiles, long first, long count)`,
      `long n = first / ${tiling.rows * tiling.columns}, row = first / ${tiling.columns} % ${tiling.rows}, column = first % ${tiling.columns};`,
      'long slot = 0; /* in the group */',
      block('while (count > 0)', rowOfTiles(windows, tiling, steps)),
      `for (; slot > 0 && slot < ${tiling.perGroup}; slot++, tiles += LANES)`,
      `  for (int k = 0; k < ${tiling.planes}; k++) STORE(tiles + k * ${steps.plane}, ZERO);`,
    ),
  );
}

function windowOf({ kind }: Windows, { size }: Tiling): { extent: number; shared: number } {
  const extent = kind === 'input' ? extentOf(size) : size;
  return { extent, shared: extent - size };
}

/** How much of the last window along rows (0) or columns (1) lies in memory; the rest counts as zero. */
function lastExtent(windows: Windows, tiling: Tiling, axis: 0 | 1): number {
  const { image, padStart } = windows;
  const [count, size] = axis === 0 ? [tiling.rows, image.height] : [tiling.columns, image.width];
  const start = (count - 1) * tiling.size - padStart[axis];
  return Math.min(windowOf(windows, tiling).extent, size + image.halo[axis + 2] - start);
}

const each = (numbers: readonly number[], make: (i: number) => string): string =>
  numbers.map(make).join('\n');

/** Some statements if a condition holds, others if not; nothing if there are none. */
function either(
  condition: string,
  numbers: readonly number[],
  full: (i: number) => string,
  cut: (i: number) => string,
): string {
  if (numbers.length === 0) return '';
  return `${block(`if (${condition})`, each(numbers, full))} ${block('else', each(numbers, cut))}`;
}

/** `NAME_<kind>_column(p, whole, o)`: transforms the column of a window at p, which may not be wholly in memory. */
function columnFunction(windows: Windows, tiling: Tiling): string {
  const { kind, image } = windows;
  const rows = range(windowOf(windows, tiling).extent);
  const last = lastExtent(windows, tiling, 0);
  const load = (i: number): string => `d[${i}] = LOAD(p + ${i * image.row});`;
  return block(
    `${alwaysInline} void NAME_${kind}_column(const float *p, int whole, vec *o)`,
    `vec d[${rows.length}];`,
    each(rows.slice(0, last), load),
    either('whole', rows.slice(last), load, (i) => `d[${i}] = ZERO;`),
    `NAME_${kind}(d, o);`,
  );
}

/** `NAME_<kind>_tile(columns, tile)`: transforms the rows of transformed columns, and stores them. */
function tileFunction(kind: Windows['kind'], { size }: Tiling, { plane }: TileSteps): string {
  const points = extentOf(size);
  const from = kind === 'input' ? points : size;
  const row = (i: number): string =>
    block(
      '',
      transformRow(kind, size, i),
      repeat(points, (j) => `STORE(tile + ${(i * points + j) * plane}, o[${j}]);`),
    );
  return block(
    `${alwaysInline} void NAME_${kind}_tile(vec columns[${from}][${points}], float *tile)`,
    repeat(points, row),
  );
}

/** Statements that transform the tiles left in a row of an image. */
function rowOfTiles(windows: Windows, tiling: Tiling, steps: TileSteps): string {
  const { kind, image, padStart } = windows;
  const { size, rows, columns, perGroup } = tiling;
  const { extent, shared } = windowOf(windows, tiling);
  const points = extentOf(size);
  const last = lastExtent(windows, tiling, 1);
  const load = (from: number, to = from): string =>
    `NAME_${kind}_column(p + ${from} * LANES, whole, columns[${to}]);`;
  const clear = (j: number): string => repeat(points, (i) => `columns[${j}][${i}] = ZERO;`, ' ');
  const move = (j: number): string =>
    repeat(points, (i) => `columns[${j}][${i}] = columns[${j + size}][${i}];`, ' ');
  const start = image.origin - padStart[0] * image.row - padStart[1] * image.pixel;
  return lines(
    `const float *p = image + ${start}L + n * ${image.image}L + row * ${size * image.row}L + column * ${size * image.pixel};`,
    `const int whole = row < ${rows - 1};`,
    `const long end = column + count < ${columns} ? column + count : ${columns};`,
    'count -= end - column;',
    `vec columns[${extent}][${points}];`,
    each(range(shared), (j) => load(j, j + size)),
    block(
      'for (; column < end; column++)',
      each(range(shared), move),
      each(range(extent).slice(shared, last), (j) => load(j)),
      either(`column < ${columns - 1}`, range(extent).slice(last), (j) => load(j), clear),
      `NAME_${kind}_tile(columns, tiles);`,
      `p += ${size * image.pixel};`,
      'tiles += LANES;',
      block(`if (++slot == ${perGroup})`, 'slot = 0;', `tiles += ${steps.group} - ${perGroup} * LANES;`),
    ),
    'column = 0;',
    block(`if (++row == ${rows})`, 'row = 0;', 'n++;'),
  );
}
