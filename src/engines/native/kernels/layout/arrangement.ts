// Boxes of elements: which part of an input goes to which part of the output.
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';

/** Places along the axes: every `steps`-th one from `starts` on. */
export interface Grid {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** `extents` elements of an input, and where they go. */
export interface Box {
  readonly input: number;
  readonly extents: Shape;
  readonly from: Grid;
  readonly to: Grid;
}

/** The output's elements: `background` where no box goes. Boxes do not overlap. */
export interface Arrangement {
  readonly boxes: readonly Box[];
  readonly background: number;
}

/** Whether the boxes leave some of a shape to the background. */
export function leavesGaps({ boxes }: Arrangement, shape: Shape): boolean {
  return boxes.reduce((sum, { extents }) => sum + sizeOf(extents), 0) < sizeOf(shape);
}
