// Element by element: kernels that compute each element of the output from the same element of inputs, which may be
// repeated along axes.
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { Kernel, KernelRule, LayoutRequest, Operand, Target } from '../../compiler/kernel.ts';
import { imageGeometry, type Layout, noHalo, plain, sameLayout, storageSize } from '../../compiler/layout.ts';
import { code, kernelFunction } from '../../compiler/template.ts';
import { laneWise } from '../lane-wise.ts';
import { clearEnd } from '../lanes.ts';
import { imageMap } from './image-map.ts';
import {
  inputNames,
  isNumber,
  keepsZero,
  type Mapping,
  type MapRequest,
  mapOperands,
  numberValue,
  toRank4,
} from './mapping.ts';
import { plainMap } from './plain-map.ts';

export const image: Layout = { kind: 'image', halo: noHalo };

/** A rule for a mapping of `inputs` operands that the attributes decide. */
export function mapRule<A extends object>(
  inputs: number,
  mappingOf: (attributes: A) => Mapping,
): KernelRule<A> {
  return laneWise<A>({
    layouts: mapLayouts,
    kernel: (request) => mapKernel(mappingOf(request.attributes), request),
    inPlace: () => Array.from({ length: inputs }, (_, i) => [i, 0] as const),
  });
}

/** In `image` layout if any image comes so and the others can be read beside it. */
export function mapLayouts(request: LayoutRequest<object>): ReturnType<KernelRule['layouts']> {
  const anyImage = request.inputs.some(({ layout }) => layout.kind === 'image');
  return anyImage ? imageLayouts(request) : { inputs: request.inputs.map(() => plain), outputs: [plain] };
}

/** In `image` layout if all operands can be read so, else plain. */
export function imageLayouts({ inputs, outputs }: LayoutRequest<object>): ReturnType<KernelRule['layouts']> {
  const readable = inputs.every(({ shape }) => shape.length === 4 || repeatsInImages(shape));
  if (outputs[0].shape.length !== 4 || !readable)
    return { inputs: inputs.map(() => plain), outputs: [plain] };
  return { inputs: inputs.map(({ shape }) => (repeatsInImages(shape) ? plain : image)), outputs: [image] };
}

/** Whether a plain tensor can be read along with images: one value for each channel, or one channel for all of them. */
function repeatsInImages(shape: Shape): boolean {
  const [images, channels, height, width] = toRank4(shape);
  const perChannel = images === 1 && height === 1 && width === 1;
  return perChannel || (shape.length < 4 && channels === 1);
}

export function mapKernel(mapping: Mapping, request: MapRequest): Kernel {
  const { inputs, outputs, target } = request;
  const [y] = outputs as [Operand];
  const flat = inputs.every((input) => isNumber(input) || sameStorage(input, y));
  const safe = keepsZero(mapping, inputs.map(isNumber)) || isGapless(y, target);
  if (flat && safe) return flatMap(mapping, request);
  return y.layout.kind === 'image' ? imageMap(mapping, request) : plainMap(mapping, request);
}

function sameStorage(input: Operand, y: Operand): boolean {
  return sizeOf(input.shape) === sizeOf(y.shape) && sameLayout(input.layout, y.layout);
}

/** Whether storage has no elements that must stay zero, but at the end of plain tensors. */
function isGapless({ shape, layout }: Operand, { lanes }: Target): boolean {
  if (layout.kind !== 'image') return layout.kind === 'plain';
  return sizeOf(shape) === imageGeometry(shape, layout, lanes).size;
}

/** One loop over the storage, whatever its layout. */
function flatMap({ formula, helpers = '' }: Mapping, { inputs, outputs, target }: MapRequest): Kernel {
  const [y] = outputs as [Operand];
  const names = inputNames(inputs);
  const size = sizeOf(y.shape);
  const vectors = storageSize(y.shape, y.layout, target.lanes) / target.lanes;
  const values = inputs.map((input, i) =>
    isNumber(input) && !isNumber(y) ? numberValue(names[i], input) : `LOAD(${names[i]} + i * LANES)`,
  );
  const clear = y.layout.kind === 'plain' && clearEnd('y', size, target);
  const body = code`
    SHARE(${vectors}, first, end);
    for (long i = first; i < end; i++) {
      STORE(y + i * LANES, ${formula(values)});
    }
    ${clear ? `if (end == ${vectors}) ${clear}` : ''}
  `;
  return { code: `${helpers}${kernelFunction(mapOperands(inputs), body)}`, flops: size };
}
