// The numbers of a convolution that all three directions need.
import type { ConvAttributes } from '../../../../ops/conv.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { Operand, Target, Want } from '../../compiler/kernel.ts';
import { noHalo, plain } from '../../compiler/layout.ts';
import { type FilterSteps, filterSteps, type Grouping, mergeGroups } from './filter.ts';

export interface Convolution {
  readonly x: Shape;
  readonly weight: Shape;
  readonly y: Shape;
  readonly attributes: ConvAttributes;
  readonly target: Target;
  readonly grouping: Grouping;
  readonly taps: number;
  readonly kernelWidth: number;
  /** Of the filter as the forward pass reads it. */
  readonly filter: FilterSteps;
  readonly flops: number;
}

export function convolution(
  x: Shape,
  weight: Shape,
  y: Shape,
  attributes: ConvAttributes,
  target: Target,
): Convolution {
  const grouping = mergeGroups(weight, attributes.group, target.lanes);
  const taps = weight[2] * weight[3];
  return {
    x,
    weight,
    y,
    attributes,
    target,
    grouping,
    taps,
    kernelWidth: weight[3],
    filter: filterSteps(grouping, taps, target.lanes),
    flops: (2 * sizeOf(y) * sizeOf(weight)) / weight[0],
  };
}

/** Whether every output channel has an input channel of its own. */
export function isDepthwise({
  weight,
  attributes: { group },
}: Pick<Convolution, 'weight' | 'attributes'>): boolean {
  return group > 1 && group === weight[0] && weight[1] === 1;
}

export const anyImage: Want = { kind: 'image', halo: noHalo };

/** Channels up to which a plain image is read as it is: as many of a vector's lanes would be empty. */
export function readsPlanes(x: Shape, { group }: ConvAttributes, { lanes }: Target): boolean {
  return group === 1 && x[1] * 4 <= lanes;
}

export function isPlain({ layout }: Pick<Operand, 'layout'>): boolean {
  return layout.kind === plain.kind;
}
