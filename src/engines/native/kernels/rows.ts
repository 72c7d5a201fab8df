// Loops over the pixels of images whose halos may differ.
import { range } from '../../../base/numbers.ts';
import { code } from '../compiler/code.ts';
import type { Operand, Target } from '../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../compiler/layout.ts';

/** An image under the name that its pointers have in C. */
export interface Image {
  readonly name: string;
  readonly geometry: ImageGeometry;
  readonly written: boolean;
}

/** Longest run of pixels that is summed before the sum is passed on: keeps sums in single precision exact enough. */
const LONGEST_RUN = 256;

export function readImage(name: string, { shape, layout }: Operand, { lanes }: Target): Image {
  return { name, geometry: imageGeometry(shape, layout, lanes), written: false };
}

export function writtenImage(name: string, operand: Operand, target: Target): Image {
  return { ...readImage(name, operand, target), written: true };
}

/** `float *` or `const float *` */
function pointerOf({ written }: Image): string {
  return written ? 'float *' : 'const float *';
}

/** C parameters for the images' pointers. */
export function parametersOf(images: readonly Image[]): string {
  return images.map((image) => `${pointerOf(image)}${image.name}`).join(', ');
}

/** Declares `NAME_plane`: the first pixel of plane number `plane`, an expression, counting all blocks of all images. */
export function planePointer(image: Image, plane: string): string {
  const { origin, block } = image.geometry;
  return `${pointerOf(image)}${image.name}_plane = ${image.name} + ${origin} + (${plane}) * ${block}L;`;
}

export function planePointers(images: readonly Image[], plane: string): string {
  return images.map((image) => planePointer(image, plane)).join('\n');
}

/** Rows of a plane that lie without gaps in all images are taken as one run of pixels, unless it gets too long. */
export function runsOf(images: readonly Image[]): {
  readonly runs: number;
  readonly pixels: number;
  readonly rows: number;
} {
  const { height, width, pixel } = images[0].geometry;
  const gapless = images.every(({ geometry }) => geometry.row === width * pixel);
  const rows = gapless ? mergedRows(height, width) : 1;
  return { runs: height / rows, pixels: width * rows, rows };
}

export interface PixelLoop {
  /** C for pixel `i` of the runs `NAME_row`; `copy` is its number in an unrolled loop. */
  readonly body: (i: string, copy: number) => string;
  readonly unroll?: number;
  /** C before and after each run. */
  readonly before?: string;
  readonly after?: string;
}

/** Loops over the pixels of one plane, given `NAME_plane` of each image, in runs `NAME_row` without gaps. */
export function pixelLoop(images: readonly Image[], loop: PixelLoop): string {
  const { runs, pixels, rows } = runsOf(images);
  const pointers = images.map((image) => {
    const step = image.geometry.row * rows;
    return `${pointerOf(image)}${image.name}_row = ${image.name}_plane + row * ${step}L;`;
  });
  return code`
    for (long row = 0; row < ${runs}; row++) {
      ${pointers.join('\n')}
      ${loop.before ?? ''}
      ${countedLoop(pixels, loop)}
      ${loop.after ?? ''}
    }
  `;
}

/** `body` for i from 0 to below `count`. */
function countedLoop(count: number, { body, unroll = 1 }: PixelLoop): string {
  const rest = unroll === 1 ? count : count % unroll;
  const single = code`
    for (long i = ${count - rest}; i < ${count}; i++) {
      ${body('i', 0)}
    }
  `;
  const several = code`
    for (long i = 0; i + ${unroll} <= ${count}; i += ${unroll}) {
      ${range(unroll)
        .map((copy) => body(copy === 0 ? 'i' : `(i + ${copy})`, copy))
        .join('\n')}
    }
  `;
  if (rest === count) return single;
  return rest === 0 ? several : `${several}${single}`;
}

/** How many rows make one run: a divisor of the height. */
function mergedRows(height: number, width: number): number {
  const divisors = range(height)
    .map((i) => i + 1)
    .filter((divisor) => height % divisor === 0);
  return divisors.findLast((divisor) => divisor * width <= LONGEST_RUN) ?? 1;
}

/** The vector at pixel `i` of a run. */
export function at(name: string, i: string): string {
  return `${name}_row + ${i} * LANES`;
}
