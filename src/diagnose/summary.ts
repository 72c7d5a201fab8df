// Summary of a network: shapes, parameters, multiply-adds and receptive field of every layer, with totals.

import { checkArgument } from '../base/arguments.ts';
import { internal } from '../base/errors.ts';
import { liveNodes, type Node, type Value } from '../graph/graph.ts';
import type { Cost, Variable } from '../graph/types.ts';
import { type Model, namedParameters, type Parameter } from '../nn/index.ts';
import { trace } from '../program/programs.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { layerName } from './differences.ts';
import { type MemoryEstimate, trainingMemory } from './memory.ts';
import { receptiveFields } from './receptive-field.ts';

/** Shapes and counts of one layer. */
export interface LayerSummary {
  /** Path of the layer, such as `layer1.0.conv1`. */
  readonly name: string;
  /** Operator, such as `Conv`. */
  readonly op: string;
  /** Shapes of the inputs, without weights. */
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  /** Number of parameters. */
  readonly params: number;
  /** Number of buffer elements: running statistics. */
  readonly buffers: number;
  /** Multiply-adds of convolution and linear layers for the whole batch, without bias. */
  readonly macs: number;
  /** Additions of biases. */
  readonly biasAdds: number;
  /** Multiplications and additions of normalization layers. */
  readonly normOps: number;
  /** As counted by `paddle.flops`. */
  readonly paddleFlops: number;
  /** [height, width] in pixels. Padding counts, so it can exceed the image. Null if the layer does not depend on the image. */
  readonly receptiveField: readonly [number, number] | null;
}

/** Totals of the network. Shared parameters count once; parameters that only training uses are included. */
export interface SummaryTotals {
  readonly params: number;
  /** Parameters that inference does not use: auxiliary classifiers. */
  readonly trainingOnly: number;
  /** Parameters that are trained. */
  readonly trainable: number;
  readonly buffers: number;
  readonly macs: number;
  /** 2 x macs */
  readonly flops: number;
  readonly biasAdds: number;
  readonly normOps: number;
  /** Paddle's counts: scale, shift and running statistics of normalization layers are non-trainable parameters. */
  readonly paddle: {
    readonly total: number;
    readonly trainable: number;
    readonly nonTrainable: number;
    readonly flops: number;
  };
  /** Memory of a training step with this batch size. */
  readonly memory: MemoryEstimate;
}

/** Layers and totals of a model. */
export interface Summary {
  /** Name of the model. */
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  /** In execution order. */
  readonly layers: readonly LayerSummary[];
  /** Totals of the network. */
  readonly totals: SummaryTotals;
}

/**
 * Summarizes a model as inference runs it, without dropout and auxiliary classifiers.
 * @param batchSize number of images for which multiply-adds and memory are counted; defaults to 1
 * @throws UsageError if `model` is not a model
 * @example
 * const { layers, totals } = summarize(createModel('resnet18'));
 * console.log(`${totals.params} parameters, ${totals.macs} multiply-adds`);
 */
export function summarize(model: Model, batchSize = 1): Summary {
  checkArgument.model('summarize(model, batchSize?)', model);
  const { graph, logits } = trace(model, batchSize, 'inference');
  const images = graph.inputs.get('images');
  if (!images) throw internal('a traced model has no input "images"');
  const nodes = liveNodes(graph.nodes, [logits]);
  const fields = receptiveFields(images, nodes);
  const layers = nodes.map((node) => summarizeLayer(node, fields.get(node.outputs[0])?.size ?? null));
  const parameters = [...namedParameters(model.network).values()];
  const used = new Set(nodes.flatMap((node) => node.inputs.flatMap(inputVariables)));
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

function summarizeLayer(node: Node, receptiveField: readonly [number, number] | null): LayerSummary {
  const { macs = 0, biasAdds = 0, normOps = 0, paddleFlops = 0 } = nodeCost(node);
  const variables = node.inputs.flatMap(inputVariables);
  return {
    name: node.name,
    op: node.operator.name,
    inputs: node.inputs.filter(isActivation).map(({ shape }) => shape),
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

function nodeCost({ operator, inputs, outputs, attributes }: Node): Cost {
  return operator.cost?.(inputs, outputs, attributes) ?? {};
}

function inputVariables({ source }: Value): Variable[] {
  return source.kind === 'variable' ? [source.variable] : [];
}

function isActivation({ source }: Value): boolean {
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
  const macs = sumOver(layers, 'macs');
  return {
    macs,
    flops: 2 * macs,
    biasAdds: sumOver(layers, 'biasAdds'),
    normOps: sumOver(layers, 'normOps'),
  };
}

function paddleTotals(parameters: readonly Parameter[], layers: readonly LayerSummary[]) {
  const normalizations = new Set(
    parameters.filter(({ role }) => role === 'buffer').map(({ name }) => layerName(name)),
  );
  const total = sizeOfAll(parameters);
  const nonTrainable = sizeOfAll(
    parameters.filter((parameter) => normalizations.has(layerName(parameter.name))),
  );
  return { total, trainable: total - nonTrainable, nonTrainable, flops: sumOver(layers, 'paddleFlops') };
}

function sumOver(
  layers: readonly LayerSummary[],
  count: 'macs' | 'biasAdds' | 'normOps' | 'paddleFlops',
): number {
  return layers.reduce((sum, layer) => sum + layer[count], 0);
}
