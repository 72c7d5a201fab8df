// Sizes that are the same for height and width, or given for each.
import type { Pads, Pair } from '../../ops/window.ts';

/** One number for both, or [height, width]. */
export type Extent = number | Pair;

export function pair(extent: Extent): Pair {
  return typeof extent === 'number' ? [extent, extent] : extent;
}

/** The same padding before and after: [top, left, bottom, right]. */
export function symmetricPads(padding: Extent): Pads {
  const [vertical, horizontal] = pair(padding);
  return [vertical, horizontal, vertical, horizontal];
}
