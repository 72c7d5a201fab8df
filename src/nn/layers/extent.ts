// Sizes for height and width: one number for both, or a pair.
import type { Pads, Pair } from '../../ops/window.ts';

/** One number for both, or [height, width]. */
export type Extent = number | Pair;

export function pair(extent: Extent): Pair {
  return typeof extent === 'number' ? [extent, extent] : extent;
}

/** Symmetric padding: [top, left, bottom, right]. */
export function symmetricPads(padding: Extent): Pads {
  const [vertical, horizontal] = pair(padding);
  return [vertical, horizontal, vertical, horizontal];
}
