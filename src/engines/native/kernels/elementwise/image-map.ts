// Element by element over images: row by row, as halos and repetitions may differ.
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { Kernel, Operand, Target } from '../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../compiler/layout.ts';
import { code, kernelFunction } from '../../compiler/template.ts';
import { firstLanes } from '../lanes.ts';
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

/** How an operand is read: floats from one image, block, row and pixel to the next, 0 where it repeats. */
interface Walk {
  readonly origin: number;
  readonly image: number;
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
  /** Whether one channel serves all of them. */
  readonly oneChannel: boolean;
}

export function imageMap(mapping: Mapping, { inputs, outputs, target }: MapRequest): Kernel {
  const [y] = outputs as [Operand];
  const names = inputNames(inputs);
  const g = imageGeometry(y.shape, y.layout, target.lanes);
  const walks = inputs.map((input) => walkOf(input, y.shape, target));
  const values = inputs.map((input, i) => readValue(names[i], input, walks[i]));
  const masked =
    g.channels % target.lanes !== 0 &&
    !keepsZero(
      mapping,
      walks.map((walk) => walk.oneChannel),
    );
  const rows = g.images * g.blocks * g.height;
  const body = code`
    SHARE(${rows}, first, end);
    for (long turn = first; turn < end; turn++) {
      const long row = turn % ${g.height}, block = turn / ${g.height} % ${g.blocks}, image = turn / ${g.height * g.blocks};
      ${names.map((name, i) => rowPointer('const float *', name, walks[i])).join('\n')}
      ${rowPointer('float *', 'y', walkOfImage(g))}
      ${masked ? `const mask valid = NAME_first(${g.channels} - block * LANES);` : ''}
      for (long i = 0; i < ${g.width}; i++) {
        const vec value = ${mapping.formula(values)};
        STORE(y_row + i * LANES, ${masked ? 'KEEP(valid, value)' : 'value'});
      }
    }
  `;
  const helpers = `${masked ? firstLanes(target) : ''}${mapping.helpers ?? ''}`;
  return { code: `${helpers}${kernelFunction(mapOperands(inputs), body)}`, flops: sizeOf(y.shape) };
}

function walkOf(input: Operand, shape: Shape, target: Target): Walk {
  const [images, channels, height, width] = toRank4(input.shape) as readonly [number, number, number, number];
  const steps =
    input.layout.kind === 'image'
      ? walkOfImage(imageGeometry(input.shape, input.layout, target.lanes))
      : { origin: 0, image: 0, block: target.lanes, row: width, pixel: 1 };
  const repeats = (extent: number, axis: number) => extent === 1 && shape[axis] !== 1;
  return {
    origin: steps.origin,
    image: images === 1 ? 0 : steps.image,
    block: channels === 1 ? 0 : steps.block,
    row: height === 1 ? 0 : steps.row,
    pixel: width === 1 ? 0 : steps.pixel,
    oneChannel: repeats(channels, 1) || isNumber(input),
  };
}

function walkOfImage({ origin, image, block, row, pixel }: ImageGeometry): Omit<Walk, 'oneChannel'> {
  return { origin, image, block, row, pixel };
}

function rowPointer(
  type: string,
  name: string,
  { origin, image, block, row }: Omit<Walk, 'oneChannel'>,
): string {
  const steps = [`image * ${image}L`, `block * ${block}L`, `row * ${row}L`];
  return `${type}${name}_row = ${name} + ${origin} + ${steps.join(' + ')};`;
}

function readValue(name: string, input: Operand, { pixel, oneChannel }: Walk): string {
  if (input.constant !== undefined) return numberValue(name, input);
  const place = `${name}_row${pixel === 0 ? '' : ` + i * ${pixel}`}`;
  return oneChannel ? `SPLAT(*(${place}))` : `LOAD(${place})`;
}
