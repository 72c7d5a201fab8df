// What a training step has to hold in memory, estimated from its graph.
import { sum } from '../base/numbers.ts';
import { nodesBehind, type Value } from '../graph/graph.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { gradientProgram } from '../program/programs.ts';
import { sizeOf } from '../tensor/shape.ts';
import { lossFor } from './random-feeds.ts';

/** Bytes. Engines need more for work in progress, and less where they compute in place. */
export interface MemoryEstimate {
  readonly parameters: number;
  readonly buffers: number;
  readonly gradients: number;
  /** One number for each trainable parameter, as momentum keeps; SGD keeps none, Adam two. */
  readonly optimizer: number;
  /** What the forward pass leaves for the backward pass, the images included. */
  readonly activations: number;
  readonly total: number;
}

const BYTES = 4; // float32

/** Memory of one training step over `batchSize` images. */
export function trainingMemory(model: Model, batchSize: number): MemoryEstimate {
  const variables = [...namedParameters(model.network).values()];
  const bytes = (chosen: typeof variables) => sum(chosen.map(({ shape }) => sizeOf(shape) * BYTES));
  const parameters = bytes(variables.filter(({ role }) => role === 'parameter'));
  const buffers = bytes(variables.filter(({ role }) => role === 'buffer'));
  const gradients = bytes(variables.filter(({ trainable }) => trainable));
  const activations = gradients === 0 ? 0 : batchSize * activationsOfAnImage(model);
  const total = parameters + buffers + 2 * gradients + activations;
  return { parameters, buffers, gradients, optimizer: gradients, activations, total };
}

/** Bytes of what the backward pass reads of the forward pass. */
function activationsOfAnImage(model: Model): number {
  const batchSize = 2; // Batch norm cannot train on one value per channel.
  const program = gradientProgram(model, { batchSize, loss: lossFor(model) });
  const loss = program.results.get('loss')!;
  const forward = new Set(nodesBehind(loss.graph, [loss]));
  const isOfImages = ({ source, shape }: Value) =>
    (source.kind === 'input' || (source.kind === 'node' && forward.has(source.node))) &&
    shape.length > 1 &&
    shape[0] === batchSize;
  const read = program.nodes.filter((node) => !forward.has(node)).flatMap(({ inputs }) => inputs);
  const kept = new Set(read.filter(isOfImages));
  return sum([...kept].map(({ shape }) => (sizeOf(shape) / batchSize) * BYTES));
}
