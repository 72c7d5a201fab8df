// The innermost function of a convolution of images in the lanes: a tile of a row, for some channels.
import { range } from '../../../../../base/numbers.ts';
import { code } from '../../../compiler/code.ts';
import { placeAlong, type Tap } from './geometry.ts';
import { type BatchProduct, extrasOf } from './problem.ts';

/** Columns of the output from `first` on, with their taps counted from pixel `start`; tiles with the same key have the same code. */
export interface RowTile {
  readonly key: string;
  readonly first: number;
  readonly start: number;
  readonly columns: readonly (readonly Tap[])[];
}

export function rowTile(columns: readonly (readonly Tap[])[], first: number): RowTile {
  const places = columns.flatMap((column) => column.map(({ place }) => place));
  const start = places.length === 0 ? 0 : Math.min(...places);
  const moved = columns.map((column) => column.map(({ index, place }) => ({ index, place: place - start })));
  return { key: JSON.stringify(moved), first, start, columns: moved };
}

export function rowTileFunction(
  product: BatchProduct,
  { columns }: RowTile,
  name: string,
  channels: number,
): string {
  const { input, kernel, tap, from, epilogue } = product;
  const sums = columns.flatMap((_, p) => range(channels).map((j) => `s${p}_${j}`));
  const parameters = ['x', 'w', ...extrasOf(epilogue)].map((name) => `const float *${name}`);
  return code`
    static __attribute__((noinline)) void ${name}(${parameters.join(', ')}, float *y, const short *rows) {
      vec ${sums.map((sum) => `${sum} = ZERO`).join(', ')};
      for (long u = 0; u < ${kernel[0]}; u++) {
        if (rows[u] < 0) continue;
        const float *x_row = x + rows[u] * ${input.row}L, *w_row = w + u * ${kernel[1] * tap}L;
        for (long i = 0; i < ${from.count}; i++) {
          const float *pixels = x_row + i * ${input.plane}L, *weights = w_row + ${placeAlong(from, 'i')};
          ${range(kernel[1])
            .map((v) => products(product, columns, v, channels))
            .join('\n')}
        }
      }
      ${columns
        .map((_, p) =>
          range(channels)
            .map((j) => finish(product, p, j))
            .join('\n'),
        )
        .join('\n')}
    }
  `;
}

/** What kernel column `v` gives to the tile. */
function products(
  { to, tap, target }: BatchProduct,
  columns: RowTile['columns'],
  v: number,
  channels: number,
): string {
  const taps = columns.flatMap((column, p) =>
    column.flatMap(({ index, place }) => (index === v ? [{ p, place }] : [])),
  );
  if (taps.length === 0) return '';
  const weights = range(channels).map((j) => `w${j} = weights[${v * tap + j * to.step}]`);
  return code`
    {
      const float ${weights.join(', ')};
      ${taps
        .map(({ p, place }) => {
          const sums = range(channels).map((j) => `s${p}_${j} += pixel * w${j};`);
          return `{ const vec pixel = LOAD(pixels + ${place * target.lanes}); ${sums.join(' ')} }`;
        })
        .join('\n')}
    }
  `;
}

function finish({ output, target, epilogue }: BatchProduct, p: number, j: number): string {
  const [sum, place] = [`s${p}_${j}`, j * output.plane + p * target.lanes];
  const { bias, affine, residual, formula } = epilogue;
  const operands = residual ? `${sum}, LOAD(residual + ${place})` : sum;
  return [
    ...(bias ? [`${sum} += bias[${j}];`] : []),
    ...(affine ? [`${sum} = ${sum} * scale[${j}] + shift[${j}];`] : []),
    `STORE(y + ${place}, ${formula ? `NAME_epilogue(${operands})` : sum});`,
  ].join(' ');
}
