// Memory of a training step, estimated from its graph.
import { lookup } from '../base/lookup.ts';
import { sum } from '../base/numbers.ts';
import { liveNodes, type Value } from '../graph/graph.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { gradientProgram } from '../program/programs.ts';
import { sizeOf } from '../tensor/shape.ts';
import { lossFor } from './random-feeds.ts';

/** All in bytes. Engines need additional memory for intermediate results, and save some by computing in place. */
export interface MemoryEstimate {
  readonly parameters: number;
  readonly buffers: number;
  readonly gradients: number;
  /** State of the optimizer: one float32 per trainable parameter, as for momentum. SGD has none, Adam two. */
  readonly optimizer: number;
  /** Values that the forward pass keeps for the backward pass, including the images. */
  readonly activations: number;
  readonly total: number;
}

const BYTES = 4; // float32

/** Memory of one training step with `batchSize` images. */
export function trainingMemory(model: Model, batchSize: number): MemoryEstimate {
  const variables = [...namedParameters(model.network).values()];
  const bytes = (chosen: typeof variables) => sum(chosen.map(({ shape }) => sizeOf(shape) * BYTES));
  const parameters = bytes(variables.filter(({ role }) => role === 'parameter'));
  const buffers = bytes(variables.filter(({ role }) => role === 'buffer'));
  const gradients = bytes(variables.filter(({ trainable }) => trainable));
  const activations = gradients === 0 ? 0 : batchSize * activationBytesPerImage(model);
  const total = parameters + buffers + 2 * gradients + activations;
  return { parameters, buffers, gradients, optimizer: gradients, activations, total };
}

/** Bytes of the forward values of one image that the backward pass reads. */
function activationBytesPerImage(model: Model): number {
  const batchSize = 2; // Batch normalization cannot train on one value per channel.
  const program = gradientProgram(model, { batchSize, loss: lossFor(model) });
  const loss = lookup(program.results, 'loss');
  const forward = new Set(liveNodes(loss.graph.nodes, [loss]));
  const isPerImage = ({ source, shape }: Value) =>
    (source.kind === 'input' || (source.kind === 'node' && forward.has(source.node))) &&
    shape.length > 1 &&
    shape[0] === batchSize;
  const read = program.nodes.filter((node) => !forward.has(node)).flatMap(({ inputs }) => inputs);
  const kept = new Set(read.filter(isPerImage));
  return sum([...kept].map(({ shape }) => (sizeOf(shape) / batchSize) * BYTES));
}
