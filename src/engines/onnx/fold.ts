// Folds batch normalization into the preceding convolution: the scale and shift of each channel become weights and bias.
//   scale (W x + b - mean) / sqrt(variance + epsilon) + shift = (f W) x + f (b - mean) + shift
//   f = scale / sqrt(variance + epsilon)
import type { OnnxModel, OnnxNode, OnnxTensor } from './graph.ts';

type Constants = Map<string, OnnxTensor>;

/** Folds each normalization with constant inputs that is the only reader of a convolution. */
export function foldNormalizations(model: OnnxModel): OnnxModel {
  const constants: Constants = new Map(model.initializers);
  const readers = countReaders(model);
  const producers = new Map(
    model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  for (const node of model.nodes) {
    const conv = node.operator === 'BatchNormalization' ? producers.get(node.inputs[0]) : undefined;
    if (conv?.operator !== 'Conv' || readers.get(conv.outputs[0]) !== 1) continue;
    const folded = fold(conv, node, constants);
    if (!folded) continue;
    replaced.set(conv, undefined);
    replaced.set(node, folded);
  }
  const nodes = model.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return { ...model, nodes, initializers: constantsReadBy(nodes, constants) };
}

/** Number of reads of each value, by nodes and as outputs of the model. */
function countReaders({ nodes, outputs }: OnnxModel): Map<string, number> {
  const counts = new Map<string, number>();
  const reads = [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ name }) => name)];
  for (const name of reads) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function fold(conv: OnnxNode, normalization: OnnxNode, constants: Constants): OnnxNode | undefined {
  const [x, weightName, biasName] = conv.inputs as [string, string, string?];
  const weight = floatConstant(weightName, constants);
  const bias =
    biasName === undefined
      ? new Float32Array(weight?.shape[0] ?? 0)
      : floatConstant(biasName, constants)?.data;
  const statistics = normalization.inputs.slice(1).map((name) => floatConstant(name, constants)?.data);
  if (!weight || !bias || !isComplete(statistics)) return undefined;
  const [scale, shift, mean, variance] = statistics as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { epsilon } = normalization.attributes as { epsilon: { float: number } };
  const factor = scale.map((value, channel) => value / Math.sqrt(variance[channel] + epsilon.float));
  const perChannel = weight.data.length / scale.length;
  const names = [`${normalization.name}/weight`, `${normalization.name}/bias`] as const;
  constants.set(names[0], {
    ...weight,
    data: weight.data.map((value, i) => value * factor[Math.floor(i / perChannel)]),
  });
  constants.set(names[1], {
    type: 'float32',
    shape: [scale.length],
    data: shift.map((value, channel) => factor[channel] * (bias[channel] - mean[channel]) + value),
  });
  return { ...conv, inputs: [x, ...names], outputs: normalization.outputs };
}

function floatConstant(
  name: string,
  constants: Constants,
): (OnnxTensor & { data: Float32Array }) | undefined {
  const constant = constants.get(name);
  return constant?.data instanceof Float32Array ? { ...constant, data: constant.data } : undefined;
}

function isComplete(values: readonly (Float32Array | undefined)[]): values is Float32Array[] {
  return values.every((value) => value !== undefined);
}

function constantsReadBy(nodes: readonly OnnxNode[], constants: Constants): Constants {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return new Map([...constants].filter(([name]) => used.has(name)));
}
