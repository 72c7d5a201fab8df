// The layers of a traced network by name: its nodes as `summary` lists them, and the modules around them.

import { UsageError, unknownName } from '../base/errors.ts';
import { last } from '../base/lookup.ts';
import { liveNodes, type Node, type Value } from '../graph/graph.ts';
import type { Model } from '../nn/index.ts';
import { trace } from '../program/programs.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';

/** The layers of a traced network. */
export interface Layers {
  readonly logits: Value;
  /** In execution order. */
  readonly nodes: readonly Node[];
  /** Output of each node and each module, by name; a module's output is that of its last node. */
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Traces a model in inference mode. */
export function traceLayers(model: Model, batchSize: number): Layers {
  const { graph, logits } = trace(model, batchSize, 'inference');
  const nodes = liveNodes(graph.nodes, [logits]);
  const outputs = new Map<string, Value>();
  for (const { name, outputs: values } of nodes) {
    for (const path of modulePaths(name)) outputs.set(path, values[0]);
  }
  return { logits, nodes, outputs };
}

/** `layer1`, `layer1.0` and `layer1.0.conv1` for `layer1.0.conv1`. */
function modulePaths(name: string): string[] {
  const parts = name.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

/** The output of a layer. @throws UsageError for an unknown name */
export function layerOutput({ outputs }: Layers, layer: string): Value {
  const found = outputs.get(layer);
  if (found) return found;
  throw unknownName('layer', layer, [...outputs.keys()]);
}

/** The first, the middle and the last convolution. @throws UsageError if the network has none */
export function defaultLayers({ nodes }: Layers): string[] {
  const names = nodes.filter((node) => filterName(node)).map(({ name }) => name);
  if (names.length === 0) {
    throw new UsageError(
      'the network has no convolution to inspect; name a layer (`fovea summary` lists them).',
    );
  }
  return [...new Set([names[0], names[Math.floor((names.length - 1) / 2)], last(names)])];
}

/** The last convolution with more than one position: the usual layer for Grad-CAM. */
export function lastSpatialConvolution({ nodes }: Layers): string | undefined {
  return nodes.findLast((node) => filterName(node) && isSpatial(node.outputs[0]))?.name;
}

/** Whether a value consists of feature maps `[N, C, H, W]` with more than one position. */
export function isSpatial({ shape }: { readonly shape: Shape }): boolean {
  return shape.length === 4 && sizeOf(shape.slice(2)) > 1;
}

/** Name of a convolution's filters `[O, I, KH, KW]`; undefined for other nodes. */
export function filterName({ inputs }: Node): string | undefined {
  const weight = inputs.find(({ source, shape }) => source.kind === 'variable' && shape.length === 4);
  return weight?.name;
}
