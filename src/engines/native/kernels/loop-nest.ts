// Nested loops over row-major tensors with a stride for each axis, 0 where an operand repeats.
import { type Shape, stridesOf } from '../../../tensor/shape.ts';
import { code } from '../compiler/code.ts';

/** Loops from the outermost to the innermost. */
export interface LoopNest {
  readonly extents: readonly number[];
  /** For each operand a stride for each loop. */
  readonly strides: readonly (readonly number[])[];
}

/** Strides with which a tensor of shape `small` is read when it is repeated to `shape`. */
export function broadcastStrides(small: Shape, shape: Shape): number[] {
  const leading = shape.length - small.length;
  const strides = stridesOf(small);
  return shape.map((_, axis) =>
    axis < leading || small[axis - leading] === 1 ? 0 : strides[axis - leading],
  );
}

/** The same loops with neighbors made one where every operand's strides allow it, and without loops of one iteration. */
export function mergeLoops({ extents, strides }: LoopNest): LoopNest {
  const kept: number[] = [];
  const merged: number[] = [];
  extents.forEach((extent, loop) => {
    if (extent === 1) return;
    const last = kept.at(-1);
    const joins = last !== undefined && strides.every((operand) => operand[last] === operand[loop] * extent);
    if (joins) {
      kept[kept.length - 1] = loop;
      merged[merged.length - 1] *= extent;
    } else {
      kept.push(loop);
      merged.push(extent);
    }
  });
  if (kept.length === 0) return { extents: [1], strides: strides.map(() => [0]) };
  return { extents: merged, strides: strides.map((operand) => kept.map((loop) => operand[loop])) };
}

/** All loops but the innermost, and it alone. */
export function splitInnermost({ extents, strides }: LoopNest): { outer: LoopNest; inner: LoopNest } {
  return {
    outer: { extents: extents.slice(0, -1), strides: strides.map((operand) => operand.slice(0, -1)) },
    inner: { extents: extents.slice(-1), strides: strides.map((operand) => operand.slice(-1)) },
  };
}

/** Number of iterations of all loops. */
export function itemCount({ extents }: LoopNest): number {
  return extents.reduce((product, extent) => product * extent, 1);
}

/**
 * C that declares `long NAME_offset` of each operand for iteration number `item` of all loops.
 * @param names of the operands, in the order of the strides
 */
export function offsetsAt({ extents, strides }: LoopNest, names: readonly string[], item: string): string {
  const indices = extents.map((extent, loop) => {
    const inside = extents.slice(loop + 1).reduce((product, other) => product * other, 1);
    const quotient = inside === 1 ? item : `${item} / ${inside}`;
    return `const long i${loop} = ${loop === 0 ? quotient : `${quotient} % ${extent}`};`;
  });
  const offsets = names.map((name, operand) => {
    const terms = extents.flatMap((_, loop) => {
      const stride = strides[operand][loop];
      return stride === 0 ? [] : [`i${loop} * ${stride}L`];
    });
    return `const long ${name}_offset = ${terms.join(' + ') || '0'};`;
  });
  return code`
    ${indices.join('\n')}
    ${offsets.join('\n')}
  `;
}

/** C loops, with `body` for each place of operand number `operand`. */
export function nestedLoops(
  { extents, strides }: LoopNest,
  operand: number,
  body: (offset: string) => string,
): string {
  const terms = strides[operand].map((stride, loop) => `k${loop} * ${stride}L`);
  const innermost = body(terms.join(' + ') || '0');
  return extents.reduceRight(
    (inside, extent, loop) => code`
      for (long k${loop} = 0; k${loop} < ${extent}; k${loop}++) {
        ${inside}
      }
    `,
    innermost,
  );
}
