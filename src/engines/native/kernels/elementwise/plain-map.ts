// Element by element over row-major tensors, with any repetition: loops over rows, each in vectors.
import { sizeOf } from '../../../../tensor/shape.ts';
import type { Kernel, Operand } from '../../compiler/kernel.ts';
import { code, kernelFunction } from '../../compiler/template.ts';
import { clearByFirst, partialAccess } from '../lanes.ts';
import { broadcastStrides, mergeLoops, offsetsAt, splitInnermost, turnsOf } from '../nest.ts';
import { inputNames, type Mapping, type MapRequest, mapOperands, numberValue } from './mapping.ts';

export function plainMap(mapping: Mapping, { inputs, outputs, target }: MapRequest): Kernel {
  const [y] = outputs as [Operand];
  const names = inputNames(inputs);
  const strides = [...inputs, y].map(({ shape }) => broadcastStrides(shape, y.shape));
  const { outer, inner } = splitInnermost(mergeLoops({ extents: y.shape, strides }));
  const [width] = inner.extents as [number];
  const [whole, rest] = [Math.floor(width / target.lanes), width % target.lanes];
  const formula = (load: (place: string) => string) =>
    mapping.formula(inputs.map((input, i) => readValue(names[i], input, inner.strides[i][0], load)));
  const lastVector = code`
    NAME_store(y_row + ${whole} * LANES, ${formula((name) => `NAME_load(${name} + ${whole} * LANES, ${rest})`)}, ${rest});
  `;
  const clear = clearByFirst('y', sizeOf(y.shape), target);
  const body = code`
    SHARE(${turnsOf(outer)}, first, end);
    for (long turn = first; turn < end; turn++) {
      ${offsetsAt(outer, [...names, 'y'], 'turn')}
      ${names.map((name) => `const float *${name}_row = ${name} + ${name}_offset;`).join('\n')}
      float *y_row = y + y_offset;
      for (long i = 0; i < ${whole}; i++) {
        STORE_U(y_row + i * LANES, ${formula((name) => `LOAD_U(${name} + i * LANES)`)});
      }
      ${rest > 0 ? lastVector : ''}
    }
    ${clear}
  `;
  const helpers = `${rest > 0 ? partialAccess : ''}${mapping.helpers ?? ''}`;
  return { code: `${helpers}${kernelFunction(mapOperands(inputs), body)}`, flops: sizeOf(y.shape) };
}

function readValue(name: string, input: Operand, stride: number, load: (place: string) => string): string {
  if (input.constant !== undefined) return numberValue(name, input);
  return stride === 0 ? `SPLAT(*${name}_row)` : load(`${name}_row`);
}
