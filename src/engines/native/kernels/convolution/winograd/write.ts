// C function that transforms products into pixels of an image.

import { range } from '../../../../../base/numbers.ts';
import { block, lines } from '../../../compiler/code.ts';
import type { ImageGeometry } from '../../../compiler/layout.ts';
import { type Epilogue, epilogueFunction, extrasOf, finish, parametersOf } from '../epilogue.ts';
import type { ProductSteps, Tiling } from './tiling.ts';
import { alwaysInline, extentOf, transformTile } from './transforms.ts';

/**
 * `NAME_write(products, image, ..., first, count)`: `count` tiles of one vector of channels, beginning with number `first`,
 * which begins a group. The operands of the epilogue point to that vector, too.
 */
export function writeFunction(
  image: ImageGeometry,
  epilogue: Epilogue,
  tiling: Tiling,
  steps: ProductSteps,
): string {
  const { rows, columns, perGroup, size } = tiling;
  const images = extrasOf(epilogue).flatMap(({ name, image: geometry }) =>
    geometry ? [{ name, geometry }] : [],
  );
  const offset = (g: ImageGeometry): string =>
    `${g.origin} + n * ${g.image}L + row * ${size * g.row}L + column * ${size * g.pixel}`;
  const parameters = [
    'const float *products',
    'float *image',
    ...parametersOf(epilogue),
    'long first',
    'long count',
  ];
  const body = block(
    `static __attribute__((noinline)) void NAME_write(${parameters.join(', ')})`,
    `long n = first / ${rows * columns}, row = first / ${columns} % ${rows}, column = first % ${columns};`,
    'long slot = 0; /* in the group */',
    block(
      'for (; count > 0; count--)',
      `float *to = image + ${offset(image)};`,
      ...images.map(({ name, geometry }) => `const float *${name}_at = ${name} + ${offset(geometry)};`),
      guard(image, tiling),
      transformTile('output', size, {
        load: (i, j) => `LOAD(products + ${(i * extentOf(size) + j) * steps.plane})`,
        store: (i) => storeRow(i, image, epilogue, tiling),
      }),
      `products += ${steps.vectors} * LANES;`,
      block(`if (++slot == ${perGroup})`, 'slot = 0;', `products += ${steps.group - steps.plane};`),
      block(`if (++column == ${columns})`, 'column = 0;', block(`if (++row == ${rows})`, 'row = 0;', 'n++;')),
    ),
  );
  return lines(epilogueFunction(epilogue), pixelFunction(epilogue), body);
}

function lastExtents({ height, width }: ImageGeometry, { size, rows, columns }: Tiling): [number, number] {
  return [height - (rows - 1) * size, width - (columns - 1) * size];
}

function guard(image: ImageGeometry, tiling: Tiling): string {
  const [tall, wide] = lastExtents(image, tiling);
  return lines(
    tall < tiling.size && `const int tall = row < ${tiling.rows - 1};`,
    wide < tiling.size && `const int wide = column < ${tiling.columns - 1};`,
  );
}

/** Statements for o[0], o[1], ... of row i: what lies outside the image is dropped. */
function storeRow(i: number, image: ImageGeometry, epilogue: Epilogue, tiling: Tiling): string {
  const [tall, wide] = lastExtents(image, tiling);
  const pixel = (j: number): string => {
    const extras = extrasOf(epilogue).map(({ name, image: g }) =>
      g ? `${name}_at + ${i * g.row + j * g.pixel}` : name,
    );
    return `NAME_pixel(${[`to + ${i * image.row + j * image.pixel}`, `o[${j}]`, ...extras].join(', ')});`;
  };
  const stores = (columns: readonly number[]): string => columns.map(pixel).join('\n');
  const columns = range(tiling.size);
  const row = lines(
    stores(columns.slice(0, wide)),
    wide < tiling.size && block('if (wide)', stores(columns.slice(wide))),
  );
  return i < tall ? row : block('if (tall)', row);
}

function pixelFunction(epilogue: Epilogue): string {
  return block(
    `${alwaysInline} void NAME_pixel(${['float *to', 'vec v', ...parametersOf(epilogue)].join(', ')})`,
    lines(epilogue.addend && 'v += LOAD(addend);'),
    finish(epilogue, 'v', 0, 0),
    'STORE(to, v);',
  );
}
