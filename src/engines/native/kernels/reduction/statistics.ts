// Code that kernels over whole channels have in common: partial results for each plane, joined block by block.
//
// A plane is one block of channels of one image. Planes are first measured, which leaves partial results in the
// workspace; those of a block are then joined in the order of the images, so that results do not depend on the number of
// threads.
import { range } from '../../../../base/numbers.ts';
import { literal } from '../../compiler/c.ts';
import { code } from '../../compiler/code.ts';
import type { Target } from '../../compiler/kernel.ts';
import type { ImageGeometry } from '../../compiler/layout.ts';

export interface Stages {
  /** C that measures plane number `plane`. */
  readonly measure: string;
  /** C that joins the partial results of `block`, and, if `keeps`, writes what there is one of for each channel. */
  readonly join: string;
  /** C that then treats plane number `plane` of `block`; optional if results for each channel are all there is. */
  readonly apply?: string;
}

/** The stages in order, split over the threads. */
export function staged(geometry: ImageGeometry, target: Target, stages: Stages): string {
  return splitsByBlock(geometry, target) ? byBlock(geometry, stages) : byPlane(geometry, stages);
}

/** Whether blocks of channels are so many that the threads get about the same number of them. */
function splitsByBlock({ blocks }: ImageGeometry, { threads }: Target): boolean {
  return threads * Math.ceil(blocks / threads) <= 1.15 * blocks;
}

/** Threads take whole blocks, one after the other while their data is in the cache: the last plane measured comes first. */
function byBlock({ images, blocks }: ImageGeometry, { measure, join, apply }: Stages): string {
  const applied = code`
    for (long image = ${images - 1}; image >= 0; image--) {
      const long plane = image * ${blocks} + block;
      ${apply ?? ''}
    }
  `;
  return code`
    CHUNK(${blocks}, first, end);
    for (long block = first; block < end; block++) {
      const int keeps = 1;
      for (long image = 0; image < ${images}; image++) {
        const long plane = image * ${blocks} + block;
        ${measure}
      }
      ${join}
      ${apply ? applied : ''}
    }
  `;
}

/** Threads take planes, and wait for each other before the results are joined. */
function byPlane({ images, blocks }: ImageGeometry, { measure, join, apply }: Stages): string {
  const applied = code`
    for (long image = last_image - 1; image >= first_image; image--) {
      const long plane = image * ${blocks} + block;
      ${apply ?? ''}
    }
  `;
  return code`
    CHUNK(${images * blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      const long block = plane % ${blocks};
      ${measure}
    }
    pool->barrier(pool);
    for (long block = 0; block < ${blocks}; block++) {
      const int keeps = block % pool->size == me;
      const long first_image = (first - block + ${blocks - 1}) / ${blocks};
      const long last_image = (end - block + ${blocks - 1}) / ${blocks};
      if (!keeps${apply ? ' && first_image >= last_image' : ''}) continue;
      ${join}
      ${apply ? applied : ''}
    }
  `;
}

/** Sums over one plane are kept in this many registers each, so that additions need not wait for each other. */
export const ACCUMULATORS = 4;

/** C that declares accumulators `NAME0`, `NAME1`, ... of zero. */
export function accumulators(name: string): string {
  return `vec ${range(ACCUMULATORS)
    .map((i) => `${name}${i} = ZERO`)
    .join(', ')};`;
}

/** Their sum, as C. */
export function accumulated(name: string): string {
  return `(${name}0 + ${name}1) + (${name}2 + ${name}3)`;
}

/** `NAME_inverse_root(v)`: 1 / sqrt(v) in each lane. */
export const inverseRoot = code`
  static inline vec NAME_inverse_root(vec v) {
    vec result = ZERO;
    for (int lane = 0; lane < LANES; lane++) result[lane] = 1.0f / sqrtf(v[lane]);
    return result;
  }
`;

/** 1 / count as C. */
export function inverseOf(count: number): string {
  return literal(1 / count);
}
