// Kernels that put parts of their inputs into parts of the output: joining, cutting and padding.
import type { ConcatAttributes } from '../../../../ops/concat.ts';
import type { PadAttributes } from '../../../../ops/pad.ts';
import type { SliceAttributes, SliceGradAttributes } from '../../../../ops/slice.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import type { Kernel, KernelRule, LayoutRequest, Operand, Request } from '../../compiler/kernel.ts';
import { image, plain } from '../../compiler/layout.ts';
import type { Arrangement, Box, Grid } from './arrangement.ts';
import { imageBoxes } from './image-boxes.ts';
import { plainBoxes } from './plain-boxes.ts';

function everywhere(shape: Shape): Grid {
  return { starts: shape.map(() => 0), steps: shape.map(() => 1) };
}

export const concatRule: KernelRule<ConcatAttributes> = boxRule(({ attributes: { axis }, inputs }) => {
  let offset = 0;
  const boxes = inputs.map(({ shape }, input): Box => {
    const whole = everywhere(shape);
    const starts = whole.starts.with(axis, offset);
    offset += shape[axis];
    return { input, extents: shape, from: whole, to: { ...whole, starts } };
  });
  return { boxes, background: 0 };
});

export const sliceRule: KernelRule<SliceAttributes> = boxRule(
  ({ attributes: { starts, steps }, outputs: [y] }) => {
    const extents = y.shape;
    return {
      boxes: [{ input: 0, extents, from: { starts, steps }, to: everywhere(extents) }],
      background: 0,
    };
  },
);

export const sliceGradRule: KernelRule<SliceGradAttributes> = boxRule(
  ({ attributes: { starts, steps }, inputs: [dy] }) => {
    const extents = dy.shape;
    return {
      boxes: [{ input: 0, extents, from: everywhere(extents), to: { starts, steps } }],
      background: 0,
    };
  },
);

export const padRule: KernelRule<PadAttributes> = boxRule(({ attributes: { pads, value }, inputs: [x] }) => {
  const extents = x.shape;
  const whole = everywhere(extents);
  const to = { ...whole, starts: pads.slice(0, extents.length) };
  return { boxes: [{ input: 0, extents, from: whole, to }], background: value };
});

type Shapes<A> = {
  readonly attributes: A;
  readonly inputs: readonly Pick<Operand, 'shape'>[];
  readonly outputs: readonly Pick<Operand, 'shape'>[];
};

function boxRule<A extends object>(arrange: (request: Shapes<A>) => Arrangement): KernelRule<A> {
  return {
    layouts: (request) => boxLayouts(request, arrange(request)),
    kernel: (request) => boxKernel(request, arrange(request)),
  };
}

/** Images stay images unless channels are skipped. */
function boxLayouts(
  { inputs, outputs }: LayoutRequest<object>,
  { boxes }: Arrangement,
): ReturnType<KernelRule['layouts']> {
  const dense = boxes.every(({ from, to }) => from.steps[1] === 1 && to.steps[1] === 1);
  const images = inputs.some(({ layout }) => layout.kind === 'image');
  const layout = outputs[0].shape.length === 4 && dense && images ? image : plain;
  return { inputs: inputs.map(() => layout), outputs: [layout] };
}

function boxKernel(request: Request<object>, arrangement: Arrangement): Kernel {
  const [y] = request.outputs as [Operand];
  return y.layout.kind === 'image' ? imageBoxes(request, arrangement) : plainBoxes(request, arrangement);
}
