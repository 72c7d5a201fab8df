// Layouts of weights, and grouped convolutions as ungrouped ones over merged groups.
import type { Shape } from '../../../../tensor/shape.ts';
import { blocksOf, type Layout, plain } from '../../compiler/layout.ts';

/**
 * How the weights `[K, C / group, U, V]` of a convolution lie, in programs of every kind:
 * `depthwise` with one channel in and out of each group, `filter` where whole groups fill whole vectors, else `plain`.
 */
export function filterLayout(weight: Shape, group: number, lanes: number): Layout {
  const [outputs, inputs] = weight as readonly [number, number];
  if (group > 1 && inputs === 1 && outputs === group) return { kind: 'depthwise' };
  const { merged, groups } = mergeGroups(weight, group, lanes);
  if (merged > 1) return plain;
  return { kind: 'filter', vectors: vectorsOf(outputs / groups, groups, lanes) };
}

/** Vectors of outputs that filters keep together: pairs, unless a group's outputs do not come in pairs. */
export function vectorsOf(outputs: number, groups: number, lanes: number): 1 | 2 {
  const blocks = blocksOf(outputs, lanes);
  if (groups > 1) return blocks % 2 === 0 ? 2 : 1;
  return blocks > 1 ? 2 : 1;
}

/** A grouped convolution computed as one with fewer, larger groups whose filters are zero between the original ones. */
export interface Grouping {
  /** Groups that are left. */
  readonly groups: number;
  /** Original groups in each of them. */
  readonly merged: number;
  /** Channels of one group that is left. */
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Merges as few groups as fill whole vectors on both sides, or all of them. Multiplying by the zeros between groups costs
 * less than code that cannot use whole vectors.
 */
export function mergeGroups(weight: Shape, group: number, lanes: number): Grouping {
  const [outputs, inputs] = weight as readonly [number, number];
  const perGroup = outputs / group;
  const whole = (merged: number): boolean =>
    (merged * inputs) % lanes === 0 && (merged * perGroup) % lanes === 0;
  let merged = 1;
  while (merged < group && !(group % merged === 0 && whole(merged))) merged++;
  return { groups: group / merged, merged, inputs: inputs * merged, outputs: perGroup * merged };
}

/** Steps, in floats, through weights in `filter` layout; groups follow each other. */
export interface FilterSteps {
  readonly vectors: 1 | 2;
  /** From a channel's outputs to the next channel's. */
  readonly channel: number;
  readonly tap: number;
  /** From a block of channels to the next. */
  readonly block: number;
  /** From one set of `vectors` of outputs to the next. */
  readonly outputs: number;
  /** Sets of outputs in a group. */
  readonly sets: number;
  readonly size: number;
}

/** Steps of a filter with `inputs` to `outputs` channels in each of `groups`. */
export function filterSteps(
  { groups, inputs, outputs }: Pick<Grouping, 'groups' | 'inputs' | 'outputs'>,
  taps: number,
  lanes: number,
): FilterSteps {
  const vectors = vectorsOf(outputs, groups, lanes);
  const channel = lanes * vectors;
  const tap = channel * lanes;
  const block = tap * taps;
  const set = block * blocksOf(inputs, lanes);
  const sets = Math.ceil(outputs / channel);
  return { vectors, channel, tap, block, outputs: set, sets, size: groups * sets * set };
}
