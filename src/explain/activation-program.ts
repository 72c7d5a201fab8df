// A program that returns the activations of chosen layers and the gradients of a class's logit with respect to them.
import { gradients } from '../autodiff/gradients.ts';
import type { Value } from '../graph/graph.ts';
import type { Loss, Model } from '../nn/index.ts';
import { mul } from '../ops/arithmetic.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { type Program, toProgram } from '../program/program.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { layerOutput, traceLayers } from './layers.ts';

export interface ActivationProgramOptions {
  readonly batchSize: number;
  readonly loss: Loss;
  /** Names of the layers or modules whose outputs are returned. */
  readonly layers: readonly string[];
  /** Those of them whose gradients are returned, too. */
  readonly gradientLayers?: readonly string[];
}

/**
 * A forward pass in inference mode. Inputs: `images` `[N, C, H, W]` and, if there are gradients, `direction` `[N, K]`.
 * Results: `logits`, `probabilities`, `output LAYER`, and `gradient LAYER`: the gradient of sum(direction x logits).
 * @throws UsageError for an unknown layer
 */
export function activationProgram(
  model: Model,
  { batchSize, loss, layers: names, gradientLayers = [] }: ActivationProgramOptions,
): Program {
  const layers = traceLayers(model, batchSize);
  const { logits } = layers;
  const outputs = names.map((layer) => [`output ${layer}`, layerOutput(layers, layer)] as const);
  const results: Record<string, Value> = {
    logits,
    probabilities: loss.probabilities(logits),
    ...Object.fromEntries(outputs),
  };
  if (gradientLayers.length > 0) {
    const direction = logits.graph.input('direction', { shape: logits.shape, dtype: 'float32' }, 'batch');
    const targets = gradientLayers.map((layer) => layerOutput(layers, layer));
    const layerGradients = gradients(reduceSum(mul(logits, direction)), targets);
    for (const [i, layer] of gradientLayers.entries()) results[`gradient ${layer}`] = layerGradients[i];
  }
  return toProgram(`activations of ${model.name}`, logits.graph, results, new Map());
}

/**
 * The direction that selects one class's logit, `[1, K]`. A single output is the logit of the class with index 1; the other
 * class has its negative.
 */
export function classDirection(outputs: number, index: number): FloatTensor {
  if (outputs === 1) return floatTensor([1, 1], [index === 1 ? 1 : -1]);
  return floatTensor(
    [1, outputs],
    Array.from({ length: outputs }, (_, i) => (i === index ? 1 : 0)),
  );
}
