// Elementwise instructions: activations, arithmetic, their gradients, optimizer updates and what is fused of them. Kernels
// compute each element of the outputs from the same elements of inputs, which may repeat along axes.
import type { Expression } from '../../../../expressions/expression.ts';
import { type Shape, sameShape, sizeOf } from '../../../../tensor/shape.ts';
import { code } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, LayoutRequest, Operand, Target } from '../../compiler/kernel.ts';
import { image, plain, sameLayout, storageSize } from '../../compiler/layout.ts';
import { laneWise } from '../lane-wise.ts';
import { clearEnd } from '../lanes.ts';
import { imageMap } from './image-map.ts';
import {
  elementCode,
  elementKernel,
  inputCount,
  isNumber,
  type Mapping,
  mapsZeroToZero,
  outputName,
  toRank4,
} from './mapping.ts';
import { plainMap } from './plain-map.ts';

type Attributes = FusedAttributes['Elementwise'];
type Layouts = ReturnType<KernelRule['layouts']>;

const broadcasting: KernelRule<Attributes> = laneWise<Attributes>({
  layouts: broadcastLayouts,
  kernel: ({ attributes: { formulas }, ...operands }) => mapKernel({ formulas, ...operands }),
});

export const elementwiseRule: KernelRule<Attributes> = {
  layouts: (request) => commonLayouts(request) ?? broadcasting.layouts(request),
  kernel: broadcasting.kernel,
  /** Inputs of the outputs' shape; where there are several, an output takes the place of the input with its number. */
  inPlace({ formulas }) {
    const inputs = Array.from({ length: inputCount(formulas) }, (_, i) => i);
    const pairs = formulas.flatMap((_, output) => inputs.map((input) => [input, output] as const));
    const isSame = ([input, output]: readonly [number, number]) => Number(input === output);
    return pairs.sort((a, b) => isSame(b) - isSame(a));
  },
};

/**
 * Where all inputs but numbers have the outputs' shape: the layout of the first of them that is not plain. So the update of
 * a convolution's weights stays in their layout.
 */
function commonLayouts({
  attributes,
  inputs,
  outputs,
  target,
}: LayoutRequest<Attributes>): Layouts | undefined {
  const [{ shape }] = outputs;
  const tensors = inputs.filter((input) => !isNumber(input, outputs[0]));
  const layout = tensors.find((input) => input.layout.kind !== 'plain')?.layout;
  if (!layout || !tensors.every((input) => sameShape(input.shape, shape))) return undefined;
  const isSafe =
    layout.kind === 'image' ||
    isGapless({ shape, layout }, target) ||
    mapsZeroToZero(attributes.formulas, (input) => isNumber(inputs[input], outputs[0]));
  if (!isSafe) return undefined;
  const common = layout.kind === 'image' ? image : layout;
  return {
    inputs: inputs.map((input) => (isNumber(input, outputs[0]) ? plain : common)),
    outputs: outputs.map(() => common),
  };
}

/** In `image` layout if any image comes so and the others can be read beside it. */
function broadcastLayouts(request: LayoutRequest<object>): Layouts {
  const anyImage = request.inputs.some(({ layout }) => layout.kind === 'image');
  return anyImage ? imageLayouts(request) : plainLayouts(request);
}

/** In `image` layout if all operands can be read so, else plain. */
export function imageLayouts(request: LayoutRequest<object>): Layouts {
  const { inputs, outputs } = request;
  const readable = inputs.every(({ shape }) => shape.length === 4 || repeatsInImages(shape));
  if (outputs[0].shape.length !== 4 || !readable) return plainLayouts(request);
  return {
    inputs: inputs.map(({ shape }) => (repeatsInImages(shape) ? plain : image)),
    outputs: outputs.map(() => image),
  };
}

function plainLayouts({ inputs, outputs }: LayoutRequest<object>): Layouts {
  return { inputs: inputs.map(() => plain), outputs: outputs.map(() => plain) };
}

/** Whether a plain tensor can be read along with images: one value for each channel, or one channel for all of them. */
function repeatsInImages(shape: Shape): boolean {
  const [images, channels, height, width] = toRank4(shape);
  const perChannel = images === 1 && height === 1 && width === 1;
  return perChannel || (shape.length < 4 && channels === 1);
}

export function mapKernel(mapping: Mapping): Kernel {
  const { formulas, inputs, outputs, target } = mapping;
  const [first] = outputs;
  const isFlat =
    inputs.every((input) => isNumber(input, first) || sameStorage(input, first)) &&
    outputs.every((output) => sameStorage(output, first));
  const isSafe =
    isGapless(first, target) || mapsZeroToZero(formulas, (input) => isNumber(inputs[input], first));
  if (isFlat && isSafe) return flatMap(mapping);
  return first.layout.kind === 'image' ? imageMap(mapping) : plainMap(mapping);
}

function sameStorage(a: Operand, b: Operand): boolean {
  return sizeOf(a.shape) === sizeOf(b.shape) && sameLayout(a.layout, b.layout);
}

/** Whether storage has no elements that must stay zero, but at the end of plain tensors. */
function isGapless({ shape, layout }: Pick<Operand, 'shape' | 'layout'>, { lanes }: Target): boolean {
  return layout.kind === 'plain' || sizeOf(shape) === storageSize(shape, layout, lanes);
}

/** One loop over the storage, whatever its layout. */
function flatMap(mapping: Mapping): Kernel {
  const { outputs, target } = mapping;
  const [{ shape, layout }] = outputs;
  const vectors = storageSize(shape, layout, target.lanes) / target.lanes;
  const { helpers, numbers, statements } = elementCode(mapping, {
    read: (name) => `LOAD(${name} + i)`,
    write: (name, value) => `STORE(${name} + i, ${value});`,
  });
  const ends =
    layout.kind === 'plain' ? outputs.map((_, i) => clearEnd(outputName(i), sizeOf(shape), target)) : [];
  const clear = code`
    if (end == ${vectors}) {
      ${ends.join('')}
    }
  `;
  const body = code`
    ${numbers}
    CHUNK(${vectors}, first, end);
    for (long i = first * LANES; i < end * LANES; i += LANES) {
      ${statements}
    }
    ${ends.some((end) => end !== '') ? clear : ''}
  `;
  return elementKernel(mapping, helpers, body);
}

/** One operand as it is. */
export const identity: readonly Expression[] = [{ kind: 'operand', index: 0 }];
