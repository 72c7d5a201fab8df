// Kernels that treat every lane by itself, for lanes that hold images: they are those for lanes that hold channels.
import { type Shape, sizeOf } from '../../../tensor/shape.ts';
import type { KernelRule, LayoutRequest, Operand, Target } from '../compiler/kernel.ts';
import { batch, image, imageOfBatch, plain } from '../compiler/layout.ts';

/** The rule for tensors in `batch` layout, too: where any comes so, and images and channels are those of the output. */
export function laneWise<A extends object>(rule: KernelRule<A>): KernelRule<A> {
  return {
    ...rule,
    layouts(request) {
      const { inputs, outputs } = request;
      if (!inputs.some(({ layout }) => layout.kind === 'batch')) return rule.layouts(request);
      if (!inputs.every(({ shape }) => isNumber(shape) || sharesLanes(shape, outputs[0].shape)))
        return rule.layouts(asImages(request));
      return {
        inputs: inputs.map(({ shape }) => (isNumber(shape) ? plain : batch)),
        outputs: outputs.map(() => batch),
      };
    },
    kernel(request) {
      const asImage = (operand: Operand) => imageOperand(operand, request.target);
      return rule.kernel({
        ...request,
        inputs: request.inputs.map(asImage),
        outputs: request.outputs.map(asImage),
      });
    },
  };
}

function isNumber(shape: Shape): boolean {
  return sizeOf(shape) === 1;
}

function sharesLanes(a: Shape, b: Shape): boolean {
  return a.length === 4 && b.length === 4 && a[0] === b[0] && a[1] === b[1];
}

function asImages<A>(request: LayoutRequest<A>): LayoutRequest<A> {
  const inputs = request.inputs.map(({ shape, layout }) => ({
    shape,
    layout: layout.kind === 'batch' ? image : layout,
  }));
  return { ...request, inputs };
}

/** An operand in `batch` layout as the image that lies alike. */
export function imageOperand(operand: Operand, { lanes }: Target): Operand {
  if (operand.layout.kind !== 'batch') return operand;
  return { ...operand, shape: imageOfBatch(operand.shape, lanes), layout: image };
}
