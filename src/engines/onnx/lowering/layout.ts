// Lowerings of operators that move elements, of reductions and of the matrix product.
import type { ConcatAttributes } from '../../../ops/concat.ts';
import type { GemmAttributes } from '../../../ops/gemm.ts';
import type { PadAttributes } from '../../../ops/pad.ts';
import type { ExpandAttributes, ReduceAttributes } from '../../../ops/reduce-sum.ts';
import type { ReshapeAttributes } from '../../../ops/reshape.ts';
import type { SliceAttributes, SliceGradAttributes } from '../../../ops/slice.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import type { Lowering } from './lowering.ts';

export const lowerReshape: Lowering<ReshapeAttributes> = ({
  builder,
  inputs: [x],
  attributes: { shape },
}) => [builder.reshape(x.name, shape)];

export const lowerExpand: Lowering<ExpandAttributes> = ({ builder, inputs: [x], attributes: { shape } }) => [
  builder.expand(x.name, shape),
];

/** An empty list of axes is the identity; ONNX would reduce all axes. */
export function lowerReduction(operator: string): Lowering<ReduceAttributes> {
  return ({ builder, inputs: [x], attributes: { axes, keepDims } }) => [
    axes.length === 0 ? builder.node('Identity', [x.name]) : builder.reduce(operator, x.name, axes, keepDims),
  ];
}

export const lowerGemm: Lowering<GemmAttributes> = ({ builder, inputs, attributes: { transA, transB } }) => [
  builder.node(
    'Gemm',
    inputs.map(({ name }) => name),
    { transA: transA ? 1 : 0, transB: transB ? 1 : 0 },
  ),
];

export const lowerConcat: Lowering<ConcatAttributes> = ({ builder, inputs, attributes: { axis } }) => [
  builder.node(
    'Concat',
    inputs.map(({ name }) => name),
    { axis },
  ),
];

export const lowerPad: Lowering<PadAttributes> = ({ builder, inputs: [x], attributes: { pads, value } }) => {
  const rank = x.shape.length;
  return [builder.pad(x.name, pads.slice(0, rank), pads.slice(rank), value)];
};

export const lowerSlice: Lowering<SliceAttributes> = ({ builder, inputs: [x], attributes }) => [
  builder.slice(x.name, { axes: x.shape.map((_, axis) => axis), ...attributes }),
];

export const lowerSliceGrad: Lowering<SliceGradAttributes> = ({ builder, inputs: [dy], attributes }) => {
  const { starts, steps, inputShape } = attributes;
  return [placeStrided(builder, dy.name, dy.shape, { starts, steps, shape: inputShape })];
};

/**
 * Zeros of `shape` with the elements of `x` at `starts`, `starts + steps`, ... along each axis; those outside
 * are cropped.
 */
export function placeStrided(
  builder: ModelBuilder,
  x: string,
  from: Shape,
  { starts, steps, shape }: Record<'starts' | 'steps' | 'shape', readonly number[]>,
): string {
  const spread = steps.every((step) => step === 1) ? x : zerosBetween(builder, x, from, steps);
  const ends = shape.map((extent, axis) => extent - starts[axis] - from[axis] * steps[axis]);
  return builder.pad(spread, starts, ends);
}

/** Each element followed by `step - 1` zeros along each axis. */
function zerosBetween(builder: ModelBuilder, x: string, from: Shape, steps: readonly number[]): string {
  const pairs = builder.reshape(
    x,
    from.flatMap((extent) => [extent, 1]),
  );
  const padded = builder.pad(
    pairs,
    from.flatMap(() => [0, 0]),
    steps.flatMap((step) => [0, step - 1]),
  );
  return builder.reshape(
    padded,
    from.map((extent, axis) => extent * steps[axis]),
  );
}
