// What a network is made of: shapes, parameters, arithmetic and receptive field of every layer, and their totals.
import { type Node, nodesBehind, type Value, type Variable } from '../graph/graph.ts';
import type { Cost } from '../graph/operator.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { trace } from '../program/steps.ts';
import { internal } from '../tensor/errors.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
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

/** Sums over the network; a parameter that two layers share counts once. */
export interface SummaryTotals {
  readonly params: number;
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
}

export interface Summary {
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly layers: readonly LayerSummary[];
  readonly totals: SummaryTotals;
}

interface Layer {
  readonly summary: LayerSummary;
  readonly variables: readonly Variable[];
  readonly normalizes: boolean;
}

/**
 * Counts a model as inference uses it: parts that only training has (auxiliary heads, dropout) are not in it.
 * @param batchSize number of images that the arithmetic is counted for
 */
export function summarize(model: Model, batchSize = 1): Summary {
  const { graph, logits } = trace(model, batchSize, 'inference');
  const images = graph.inputs.get('images');
  if (!images) throw internal('a traced model has no input "images"');
  const nodes = nodesBehind(graph, [logits]);
  const fields = receptiveFields(images, nodes);
  const layers = nodes.map((node) => layerOf(node, fields.get(node.outputs[0]!)?.size ?? null));
  return {
    model: model.name,
    input: images.shape,
    layers: layers.map(({ summary }) => summary),
    totals: totalsOf(layers, trainableNames(model)),
  };
}

function layerOf(node: Node, receptiveField: readonly [number, number] | null): Layer {
  const { macs = 0, biasAdds = 0, normOps, paddleFlops = 0 } = costOf(node);
  const variables = node.inputs.flatMap(variableOf);
  const summary = {
    name: node.name,
    op: node.operator.name,
    inputs: node.inputs.filter(flows).map(({ shape }) => shape),
    output: node.outputs[0]!.shape,
    params: elements(variables, 'parameter'),
    buffers: elements(variables, 'buffer'),
    macs,
    biasAdds,
    normOps: normOps ?? 0,
    paddleFlops,
    receptiveField,
  };
  return { summary, variables, normalizes: normOps !== undefined };
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
  return [...variables].reduce((sum, { role: own, shape }) => sum + (own === role ? sizeOf(shape) : 0), 0);
}

function trainableNames(model: Model): Set<string> {
  const parameters = [...namedParameters(model.network).values()];
  return new Set(parameters.filter(({ trainable }) => trainable).map(({ name }) => name));
}

function totalsOf(layers: readonly Layer[], trainable: ReadonlySet<string>): SummaryTotals {
  const all = distinct(layers);
  const sum = (count: 'macs' | 'biasAdds' | 'normOps' | 'paddleFlops') =>
    layers.reduce((total, { summary }) => total + summary[count], 0);
  const params = elements(all, 'parameter');
  const buffers = elements(all, 'buffer');
  const normalization = distinct(layers.filter(({ normalizes }) => normalizes));
  const nonTrainable = elements(normalization, 'parameter') + elements(normalization, 'buffer');
  return {
    params,
    trainable: elements(
      all.filter(({ name }) => trainable.has(name)),
      'parameter',
    ),
    buffers,
    macs: sum('macs'),
    flops: 2 * sum('macs'),
    biasAdds: sum('biasAdds'),
    normOps: sum('normOps'),
    paddle: {
      total: params + buffers,
      trainable: params + buffers - nonTrainable,
      nonTrainable,
      flops: sum('paddleFlops'),
    },
  };
}

function distinct(layers: readonly Layer[]): Variable[] {
  return [...new Set(layers.flatMap(({ variables }) => variables))];
}
