// The head of a network: the layer that computes the logits.
import { UsageError } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import type { Model } from '../nn/index.ts';
import { reduceMean } from '../ops/reduce-mean.ts';
import { flatten } from '../ops/reshape.ts';
import { type Program, toProgram } from './program.ts';
import { trace } from './programs.ts';

/**
 * The features of images: the input of the last layer with parameters.
 * Input: `images` `[N, C, H, W]`. Result: `features` `[N, D]`; if that layer is a convolution, the mean of each
 * input channel.
 * @throws UsageError if no layer of the network has parameters
 */
export function featureProgram(model: Model, batchSize: number): Program {
  const { graph, logits } = trace(model, batchSize, 'inference');
  const input = headInput(logits);
  if (!input) throw new UsageError(`${model.name} has no layer with parameters, so it has no features.`);
  const isMap = input.shape.length === 4;
  const features = isMap ? reduceMean(input, { axes: [2, 3], keepDims: false }) : flatten(input);
  return toProgram(`features of ${model.name}`, graph, { features });
}

/** The input of the nearest layer with parameters before a value. */
function headInput({ source }: Value): Value | undefined {
  if (source.kind !== 'node') return undefined;
  const { inputs } = source.node;
  const computed = inputs.filter((input) => input.source.kind !== 'variable');
  if (computed.length < inputs.length) return computed[0];
  for (const input of computed) {
    const found = headInput(input);
    if (found) return found;
  }
  return undefined;
}

/** Names of the parameters of the last layer, and of the last layers of auxiliary classifiers. */
export function headParameters(model: Model): string[] {
  const { graph, logits } = trace(model, 2, 'training'); // Auxiliary classifiers exist in training only.
  return [logits, ...graph.auxiliaries.map((auxiliary) => auxiliary.logits)].flatMap(nearestParameters);
}

function nearestParameters({ source }: Value): string[] {
  if (source.kind !== 'node') return [];
  const { inputs } = source.node;
  const names = inputs.flatMap((input) =>
    input.source.kind === 'variable' ? [input.source.variable.name] : [],
  );
  return names.length > 0 ? names : inputs.flatMap(nearestParameters);
}
