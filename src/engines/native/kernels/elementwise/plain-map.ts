// Element by element over row-major tensors, which may repeat along axes: loops over rows, each in vectors.
import { sizeOf } from '../../../../tensor/shape.ts';
import { code } from '../../compiler/code.ts';
import type { Kernel } from '../../compiler/kernel.ts';
import { clearByFirst, partialAccess } from '../lanes.ts';
import { broadcastStrides, itemCount, mergeLoops, offsetsAt, splitInnermost } from '../loop-nest.ts';
import { elementCode, elementKernel, type Mapping, operandNames } from './mapping.ts';

export function plainMap(mapping: Mapping): Kernel {
  const { inputs, outputs, target } = mapping;
  const { shape } = outputs[0];
  const names = operandNames(mapping);
  const strides = [...inputs, ...outputs].map((operand) => broadcastStrides(operand.shape, shape));
  const { outer, inner } = splitInnermost(mergeLoops({ extents: shape, strides }));
  const [width] = inner.extents as [number];
  const [whole, rest] = [Math.floor(width / target.lanes), width % target.lanes];
  const repeats = (input: number): boolean => inner.strides[input][0] === 0;
  const vectors = elementCode(mapping, {
    read: (name, i) => (repeats(i) ? `SPLAT(*${name}_row)` : `LOAD_U(${name}_row + i)`),
    write: (name, value) => `STORE_U(${name}_row + i, ${value});`,
  });
  const last = whole * target.lanes;
  const lastVector = elementCode(mapping, {
    read: (name, i) => (repeats(i) ? `SPLAT(*${name}_row)` : `NAME_load(${name}_row + ${last}, ${rest})`),
    write: (name, value) => `NAME_store(${name}_row + ${last}, ${value}, ${rest});`,
  });
  const afterWhole = code`
    {
      ${lastVector.statements}
    }
  `;
  const body = code`
    ${vectors.numbers}
    CHUNK(${itemCount(outer)}, first, end);
    for (long item = first; item < end; item++) {
      ${offsetsAt(outer, names, 'item')}
      ${names.map((name, i) => `${i < inputs.length ? 'const ' : ''}float *${name}_row = ${name} + ${name}_offset;`).join('\n')}
      for (long i = 0; i < ${last}; i += LANES) {
        ${vectors.statements}
      }
      ${rest > 0 ? afterWhole : ''}
    }
    ${outputs.map((_, i) => clearByFirst(`y${i}`, sizeOf(shape), target)).join('')}
  `;
  return elementKernel(mapping, `${rest > 0 ? partialAccess : ''}${vectors.helpers}`, body);
}
