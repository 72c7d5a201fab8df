// Prevents runtimes from merging a Pad into the following pool. ONNX Runtime, ONNX's optimizer and its simplifier do so
// although a max pool pads with minus infinity rather than zero, an average pool may exclude padding, and no pool allows
// padding as large as its kernel.
import type { ModelBuilder } from './builder.ts';
import type { OnnxNode } from './graph.ts';

/** Length of the pads attribute for images: start and end of four axes. */
const IMAGE_PADS = 8;
const LAST_AXIS = -1;

/**
 * The nodes, with every Pad of images written in five dimensions, which optimizers do not merge. A Pad that
 * only convolutions read is unchanged: their padding is zero as well, and merging makes them faster.
 */
export function separatePads(builder: ModelBuilder): OnnxNode[] {
  const nodes = [...builder.nodes];
  const forConvolutions = readOnlyBy(nodes, 'Conv');
  return nodes.flatMap((node) => {
    const pads = node.operator === 'Pad' ? builder.initializers.get(node.inputs[1]) : undefined;
    if (pads?.data.length !== IMAGE_PADS || forConvolutions.has(node.outputs[0])) return [node];
    return padInFiveDimensions(builder, node, Array.from(pads.data, Number));
  });
}

function padInFiveDimensions(builder: ModelBuilder, pad: OnnxNode, widths: readonly number[]): OnnxNode[] {
  const [x, , value] = pad.inputs as [string, string, string];
  const axes = builder.int64([LAST_AXIS]);
  const pads = builder.int64([...widths.slice(0, 4), 0, ...widths.slice(4), 0]);
  const [wide, padded] = [builder.uniqueName(`${pad.name}:wide`), builder.uniqueName(`${pad.name}:padded`)];
  const newNode = (operator: string, inputs: readonly string[], output: string): OnnxNode => ({
    operator,
    name: builder.uniqueName(`${pad.name}/${operator}`),
    inputs,
    outputs: [output],
    attributes: {},
  });
  return [
    newNode('Unsqueeze', [x, axes], wide),
    { ...pad, inputs: [wide, pads, value], outputs: [padded] },
    newNode('Squeeze', [padded, axes], pad.outputs[0]),
  ];
}

/** The values that are read only by nodes of one operator, at least one of them. */
function readOnlyBy(nodes: readonly OnnxNode[], operator: string): Set<string> {
  const readBy = (chosen: (node: OnnxNode) => boolean) =>
    new Set(nodes.filter(chosen).flatMap(({ inputs }) => inputs));
  const byOthers = readBy((node) => node.operator !== operator);
  return new Set([...readBy((node) => node.operator === operator)].filter((value) => !byOthers.has(value)));
}
