// Keeps runtimes from moving a Pad into the pool after it. ONNX Runtime, ONNX's optimizer and its simplifier do so although
// the padding of a max pool is minus infinity and not zero, that of an average pool may not count, and no pool may have
// padding as large as its kernel.
import type { ModelBuilder } from './builder.ts';
import type { OnnxNode } from './graph.ts';

/** Length of the pads of images: start and end of four axes. */
const OF_IMAGES = 8;
const LAST_AXIS = -1;

/**
 * The nodes, with every Pad of images done in five dimensions, which no pool has and no optimizer looks through. What only
 * convolutions read stays: their padding is zero as well, and taking it over makes them faster.
 */
export function separatePads(builder: ModelBuilder): OnnxNode[] {
  const nodes = [...builder.nodes];
  const forConvolutions = readOnlyBy(nodes, 'Conv');
  return nodes.flatMap((node) => {
    const pads = node.operator === 'Pad' ? builder.initializers.get(node.inputs[1])! : undefined;
    if (pads?.data.length !== OF_IMAGES || forConvolutions.has(node.outputs[0])) return [node];
    return inFiveDimensions(builder, node, Array.from(pads.data, Number));
  });
}

function inFiveDimensions(builder: ModelBuilder, pad: OnnxNode, widths: readonly number[]): OnnxNode[] {
  const [x, , value] = pad.inputs as [string, string, string];
  const axes = builder.int64([LAST_AXIS]);
  const pads = builder.int64([...widths.slice(0, 4), 0, ...widths.slice(4), 0]);
  const [wide, padded] = [builder.uniqueName(`${pad.name}:wide`), builder.uniqueName(`${pad.name}:padded`)];
  const step = (operator: string, inputs: readonly string[], output: string): OnnxNode => ({
    operator,
    name: builder.uniqueName(`${pad.name}/${operator}`),
    inputs,
    outputs: [output],
    attributes: {},
  });
  return [
    step('Unsqueeze', [x, axes], wide),
    { ...pad, inputs: [wide, pads, value], outputs: [padded] },
    step('Squeeze', [padded, axes], pad.outputs[0]),
  ];
}

/** The values that at least one node reads, and only nodes of that operator. */
function readOnlyBy(nodes: readonly OnnxNode[], operator: string): Set<string> {
  const readBy = (chosen: (node: OnnxNode) => boolean) =>
    new Set(nodes.filter(chosen).flatMap(({ inputs }) => inputs));
  const byOthers = readBy((node) => node.operator !== operator);
  return new Set([...readBy((node) => node.operator === operator)].filter((value) => !byOthers.has(value)));
}
