// The layers of a traced network by name: its nodes as `summary` lists them, and the modules around them.

import { UsageError, unknownName } from '../base/errors.ts';
import { liveNodes, type Node, type Value } from '../graph/graph.ts';
import type { Model } from '../nn/index.ts';
import { trace } from '../program/programs.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';

/** A traced network whose inner values can be asked for. */
export interface Layers {
  readonly logits: Value;
  /** In running order. */
  readonly nodes: readonly Node[];
  /** Output of each node and each module, by name; a module's output is that of its last node. */
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Traces a model as prediction uses it. */
export function traceLayers(model: Model, batchSize: number): Layers {
  const { graph, logits } = trace(model, batchSize, 'inference');
  const nodes = liveNodes(graph.nodes, [logits]);
  const outputs = new Map<string, Value>();
  for (const { name, outputs: made } of nodes) {
    for (const path of pathsOf(name)) outputs.set(path, made[0]);
  }
  return { logits, nodes, outputs };
}

/** `layer1`, `layer1.0`, `layer1.0.conv1` of the last of them. */
function pathsOf(name: string): string[] {
  const parts = name.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

/** The output of a layer. @throws UsageError for an unknown name */
export function outputOf({ outputs }: Layers, layer: string): Value {
  const found = outputs.get(layer);
  if (found) return found;
  throw unknownName('layer', layer, [...outputs.keys()]);
}

/** The first convolution, one in the middle and the last one: those that there are. */
export function usualLayers({ nodes }: Layers): string[] {
  const names = nodes.filter((node) => filtersOf(node)).map(({ name }) => name);
  if (names.length === 0) {
    throw new UsageError('the network has no convolution to look into; name a layer, see `fovea summary`.');
  }
  return [...new Set([names[0], names[Math.floor((names.length - 1) / 2)], names.at(-1)!])];
}

/** The last convolution whose maps have more than one position: where Grad-CAM shows most. */
export function lastMaps({ nodes }: Layers): string | undefined {
  return nodes.findLast((node) => filtersOf(node) && hasMaps(node.outputs[0]))?.name;
}

/** Whether a value is made of feature maps `[N, C, H, W]` with more than one position. */
export function hasMaps({ shape }: { readonly shape: Shape }): boolean {
  return shape.length === 4 && sizeOf(shape.slice(2)) > 1;
}

/** Name of the filters `[O, I, KH, KW]` that a node convolves with; undefined if it is no convolution. */
export function filtersOf({ inputs }: Node): string | undefined {
  const weight = inputs.find(({ source, shape }) => source.kind === 'variable' && shape.length === 4);
  return weight?.name;
}
