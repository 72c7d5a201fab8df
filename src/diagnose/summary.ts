// What a network is made of: shapes, parameters, arithmetic and receptive field of every layer, and their totals.

import { checkArgument } from '../base/arguments.ts';
import { internal } from '../base/errors.ts';
import { liveNodes, type Node, type Value } from '../graph/graph.ts';
import type { Cost, Variable } from '../graph/types.ts';
import { type Model, namedParameters, type Parameter } from '../nn/index.ts';
import { trace } from '../program/programs.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { type MemoryEstimate, trainingMemory } from './memory.ts';
import { receptiveFields } from './receptive-field.ts';

export interface LayerSummary {
  readonly name: string;
  readonly op: string;
  /** Shapes of what flows in, weights not included. */
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  /** Elements of the parameters the layer uses. */
  readonly params: number;
  /** Elements of the running statistics the layer uses. */
  readonly buffers: number;
  /** Multiply-adds of convolution and linear layers, without bias, for the whole batch. */
  readonly macs: number;
  readonly biasAdds: number;
  /** Multiplications and additions of a normalisation. */
  readonly normOps: number;
  /** What Paddle's `flops` counts. */
  readonly paddleFlops: number;
  /** [height, width] in pixels; padding counts, so it can exceed the picture. Null if the layer does not see the picture. */
  readonly receptiveField: readonly [number, number] | null;
}

/** Sums over the network; a parameter that two layers share counts once, and one that only training uses counts too. */
export interface SummaryTotals {
  readonly params: number;
  /** The part of `params` that no layer of the table uses: auxiliary classifiers. */
  readonly trainingOnly: number;
  /** The part of `params` that training changes. */
  readonly trainable: number;
  readonly buffers: number;
  readonly macs: number;
  /** 2 x macs */
  readonly flops: number;
  readonly biasAdds: number;
  readonly normOps: number;
  /** Paddle's convention: scale, shift and statistics of a normalisation are parameters that are not trainable. */
  readonly paddle: {
    readonly total: number;
    readonly trainable: number;
    readonly nonTrainable: number;
    readonly flops: number;
  };
  /** Of a training step with this batch. */
  readonly memory: MemoryEstimate;
}

export interface Summary {
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly layers: readonly LayerSummary[];
  readonly totals: SummaryTotals;
}

/**
 * Counts a model. Layers are those that inference uses: auxiliary classifiers and dropout are not among them.
 * @param batchSize number of images that arithmetic and memory are counted for
 */
export function summarize(model: Model, batchSize = 1): Summary {
  checkArgument.model('summarize(model, batchSize?)', model);
  const { graph, logits } = trace(model, batchSize, 'inference');
  const images = graph.inputs.get('images');
  if (!images) throw internal('a traced model has no input "images"');
  const nodes = liveNodes(graph.nodes, [logits]);
  const fields = receptiveFields(images, nodes);
  const layers = nodes.map((node) => layerOf(node, fields.get(node.outputs[0])?.size ?? null));
  const parameters = [...namedParameters(model.network).values()];
  const used = new Set(nodes.flatMap((node) => node.inputs.flatMap(variableOf)));
  return {
    model: model.name,
    input: images.shape,
    layers,
    totals: {
      ...parameterTotals(parameters, used),
      ...arithmeticTotals(layers),
      paddle: paddleTotals(parameters, layers),
      memory: trainingMemory(model, batchSize),
    },
  };
}

function layerOf(node: Node, receptiveField: readonly [number, number] | null): LayerSummary {
  const { macs = 0, biasAdds = 0, normOps = 0, paddleFlops = 0 } = costOf(node);
  const variables = node.inputs.flatMap(variableOf);
  return {
    name: node.name,
    op: node.operator.name,
    inputs: node.inputs.filter(flows).map(({ shape }) => shape),
    output: node.outputs[0].shape,
    params: elements(variables, 'parameter'),
    buffers: elements(variables, 'buffer'),
    macs,
    biasAdds,
    normOps,
    paddleFlops,
    receptiveField,
  };
}

function costOf({ operator, inputs, outputs, attributes }: Node): Cost {
  return operator.cost?.(inputs, outputs, attributes) ?? {};
}

function variableOf({ source }: Value): Variable[] {
  return source.kind === 'variable' ? [source.variable] : [];
}

function flows({ source }: Value): boolean {
  return source.kind === 'node' || source.kind === 'input';
}

function elements(variables: Iterable<Variable>, role: Variable['role']): number {
  return sizeOfAll([...variables].filter((variable) => variable.role === role));
}

function sizeOfAll(variables: readonly Variable[]): number {
  return variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function parameterTotals(parameters: readonly Parameter[], used: ReadonlySet<Variable>) {
  return {
    params: elements(parameters, 'parameter'),
    trainable: sizeOfAll(parameters.filter(({ trainable }) => trainable)),
    trainingOnly: elements(
      parameters.filter((parameter) => !used.has(parameter)),
      'parameter',
    ),
    buffers: elements(parameters, 'buffer'),
  };
}

function arithmeticTotals(layers: readonly LayerSummary[]) {
  const macs = sumOf(layers, 'macs');
  return { macs, flops: 2 * macs, biasAdds: sumOf(layers, 'biasAdds'), normOps: sumOf(layers, 'normOps') };
}

function paddleTotals(parameters: readonly Parameter[], layers: readonly LayerSummary[]) {
  const normalizations = new Set(parameters.filter(({ role }) => role === 'buffer').map(layerName));
  const total = sizeOfAll(parameters);
  const nonTrainable = sizeOfAll(parameters.filter((parameter) => normalizations.has(layerName(parameter))));
  return { total, trainable: total - nonTrainable, nonTrainable, flops: sumOf(layers, 'paddleFlops') };
}

/** `layer1.0.bn1` of `layer1.0.bn1.running_mean`. */
function layerName({ name }: Variable): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function sumOf(
  layers: readonly LayerSummary[],
  count: 'macs' | 'biasAdds' | 'normOps' | 'paddleFlops',
): number {
  return layers.reduce((sum, layer) => sum + layer[count], 0);
}
