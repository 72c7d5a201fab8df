// Weight files whose batch normalization is folded into convolutions, as exporters for inference do. In a network with batch
// normalization, that layer then only adds the bias: (x - 0) / sqrt(1 + epsilon) * sqrt(1 + epsilon) + bias.
import { lookup } from '../base/lookup.ts';
import type { Value } from '../graph/graph.ts';
import type { Model } from '../nn/index.ts';
import { trace } from '../program/programs.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import type { Shapes } from './shapes.ts';

/** A convolution and the batch normalization of its output, by the names of their parameters. */
export interface NormalizedConvolution {
  readonly weight: string;
  /** Name of the bias of the folded convolution, even if this convolution has none. */
  readonly bias: string;
  readonly hasBias: boolean;
  readonly scale: string;
  readonly shift: string;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** The convolutions of a network that are followed by batch normalization. */
export function normalizedConvolutions(model: Model): NormalizedConvolution[] {
  const { graph } = trace(model, 1, 'inference');
  return graph.nodes.flatMap(({ operator, inputs, attributes }) => {
    const [x, ...statistics] = inputs;
    if (operator.name !== 'BatchNormalization' || x?.source.kind !== 'node') return [];
    const conv = x.source.node;
    const [weight, bias] = conv.inputs.slice(1).map(variableName);
    const [scale, shift, mean, variance] = statistics.map(variableName);
    if (conv.operator.name !== 'Conv' || !weight || !scale || !shift || !mean || !variance) return [];
    const { epsilon } = attributes as { readonly epsilon: number };
    const hasBias = bias !== undefined;
    return [
      {
        weight,
        bias: bias ?? weight.replace(/weight$/, 'bias'),
        hasBias,
        scale,
        shift,
        mean,
        variance,
        epsilon,
      },
    ];
  });
}

function variableName({ source }: Value): string | undefined {
  return source.kind === 'variable' ? source.variable.name : undefined;
}

/** The parameters of a network after folding. */
export function foldedShapes(parameters: Shapes, convolutions: readonly NormalizedConvolution[]): Shapes {
  const folded = new Map(parameters);
  for (const { weight, bias, scale, shift, mean, variance } of convolutions) {
    for (const name of [scale, shift, mean, variance]) folded.delete(name);
    folded.set(bias, { shape: [lookup(parameters, weight).shape[0]] });
  }
  return folded;
}

/** Weights of a network with batch normalization, from folded ones. */
export function unfolded(
  weights: ReadonlyMap<string, FloatTensor>,
  convolutions: readonly NormalizedConvolution[],
): Map<string, FloatTensor> {
  const result = new Map(weights);
  for (const { bias, hasBias, scale, shift, mean, variance, epsilon } of convolutions) {
    const value = weights.get(bias);
    if (!value) continue;
    const filled = (number: number) =>
      floatTensor(value.shape, new Float32Array(value.data.length).fill(number));
    if (hasBias) result.set(bias, filled(0));
    else result.delete(bias);
    result.set(scale, filled(Math.sqrt(1 + epsilon)));
    result.set(shift, value);
    result.set(mean, filled(0));
    result.set(variance, filled(1));
  }
  return result;
}
