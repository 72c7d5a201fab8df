// Receptive fields of all values of a network, from the windows that its operators declare.
//   size' = size + dilation (kernel - 1) jump,  jump' = jump stride
// Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
import type { Node, Value } from '../graph/graph.ts';

/** Size of a receptive field, and distance between those of neighboring positions: [height, width] in input pixels. */
export interface Field {
  readonly size: readonly [number, number];
  readonly jump: readonly [number, number];
}

const pixel: Field = { size: [1, 1], jump: [1, 1] };

/**
 * The receptive field of every value that depends on the input `images`. Where branches meet, the largest counts. Padding
 * counts, so a field can exceed the image. A global pool or a flattened feature map has the field of all its positions together.
 */
export function receptiveFields(images: Value, nodes: readonly Node[]): Map<Value, Field> {
  const fields = new Map<Value, Field>([[images, pixel]]);
  for (const node of nodes) {
    const inputFields = node.inputs.flatMap((input) => fields.get(input) ?? []);
    if (inputFields.length === 0) continue;
    const field = throughWindow(node, inputFields.reduce(larger));
    for (const output of node.outputs) fields.set(output, field);
  }
  return fields;
}

function throughWindow({ operator, inputs, attributes }: Node, { size, jump }: Field): Field {
  const window = operator.window?.(inputs, attributes);
  if (!window) return { size, jump };
  const { kernel, strides, dilations } = window;
  const sizeAlong = (axis: 0 | 1) => size[axis] + dilations[axis] * (kernel[axis] - 1) * jump[axis];
  const jumpAlong = (axis: 0 | 1) => jump[axis] * strides[axis];
  return { size: [sizeAlong(0), sizeAlong(1)], jump: [jumpAlong(0), jumpAlong(1)] };
}

function larger(a: Field, b: Field): Field {
  const maximum = (x: readonly [number, number], y: readonly [number, number]): [number, number] => [
    Math.max(x[0], y[0]),
    Math.max(x[1], y[1]),
  ];
  return { size: maximum(a.size, b.size), jump: maximum(a.jump, b.jump) };
}
