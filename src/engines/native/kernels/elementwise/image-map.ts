// Element by element over images: row by row, as halos and repetitions may differ.
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import { code } from '../../compiler/code.ts';
import type { Kernel, Operand, Target } from '../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../compiler/layout.ts';
import { firstLanes } from '../lanes.ts';
import {
  elementCode,
  elementKernel,
  inputName,
  type Mapping,
  mapsZeroToZero,
  outputName,
  toRank4,
} from './mapping.ts';

/** How an operand is gone through: floats from one image, block, row and pixel to the next, 0 where it repeats. */
interface Steps {
  readonly origin: number;
  readonly image: number;
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
  /** Whether one channel serves all of them. */
  readonly oneChannel: boolean;
}

export function imageMap(mapping: Mapping): Kernel {
  const { formulas, inputs, outputs, target } = mapping;
  const geometries = outputs.map(({ shape, layout }) => imageGeometry(shape, layout, target.lanes));
  const [{ images, blocks, channels, height, width }] = geometries;
  const steps = inputs.map((input) => stepsOf(input, outputs[0].shape, target));
  const masked =
    channels % target.lanes !== 0 && !mapsZeroToZero(formulas, (input) => steps[input].oneChannel);
  const { helpers, numbers, statements } = elementCode(mapping, {
    read: (name, i) => readVector(name, steps[i]),
    write: (name, value) => `STORE(${name}_row + i * LANES, ${masked ? `KEEP(valid, ${value})` : value});`,
  });
  const body = code`
    ${numbers}
    CHUNK(${images * blocks * height}, first, end);
    for (long item = first; item < end; item++) {
      const long row = item % ${height}, block = item / ${height} % ${blocks}, image = item / ${height * blocks};
      ${steps.map((each, i) => rowPointer('const float *', inputName(i), each)).join('\n')}
      ${geometries.map((each, i) => rowPointer('float *', outputName(i), each)).join('\n')}
      ${masked ? `const mask valid = NAME_first(${channels} - block * LANES);` : ''}
      for (long i = 0; i < ${width}; i++) {
        ${statements}
      }
    }
  `;
  return elementKernel(mapping, `${masked ? firstLanes(target) : ''}${helpers}`, body);
}

function stepsOf(input: Operand, shape: Shape, target: Target): Steps {
  const [images, channels, height, width] = toRank4(input.shape);
  const { origin, image, block, row, pixel } =
    input.layout.kind === 'image'
      ? imageGeometry(input.shape, input.layout, target.lanes)
      : { origin: 0, image: 0, block: target.lanes, row: width, pixel: 1 };
  const repeats = channels === 1 && (shape[1] !== 1 || input.layout.kind === 'plain');
  return {
    origin,
    image: images === 1 ? 0 : image,
    block: channels === 1 ? 0 : block,
    row: height === 1 ? 0 : row,
    pixel: width === 1 ? 0 : pixel,
    oneChannel: repeats || sizeOf(input.shape) === 1,
  };
}

type Place = Pick<ImageGeometry, 'origin' | 'image' | 'block' | 'row'>;

function rowPointer(type: string, name: string, { origin, image, block, row }: Place): string {
  const steps = [`image * ${image}L`, `block * ${block}L`, `row * ${row}L`];
  return `${type}${name}_row = ${name} + ${origin} + ${steps.join(' + ')};`;
}

function readVector(name: string, { pixel, oneChannel }: Steps): string {
  const place = `${name}_row${pixel === 0 ? '' : ` + i * ${pixel}`}`;
  return oneChannel ? `SPLAT(*(${place}))` : `LOAD(${place})`;
}
