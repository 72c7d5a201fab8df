// Losses: what training makes small, and how class indices and predictions look to it.

import { unknownName } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import { sigmoid } from '../ops/sigmoid.ts';
import { sigmoidCrossEntropyLoss } from '../ops/sigmoid-cross-entropy-loss.ts';
import { softmax } from '../ops/softmax.ts';
import { softmaxCrossEntropyLoss } from '../ops/softmax-cross-entropy-loss.ts';
import type { Shape } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type IntTensor, type Tensor } from '../tensor/tensor.ts';

/** Numbers, or one for each class. */
export type LossSettings = Readonly<Record<string, number | readonly number[]>>;

/** A loss of labels that are class indices, or of soft ones. */
export interface Loss<Labels extends Tensor = IntTensor> {
  readonly name: string;
  /** What it was made with; `createLoss` makes the same one of it. */
  readonly settings: LossSettings;
  /** Adds the mean loss of a batch, a scalar, to the graph, and the input `labels` that it compares `logits` to unless it is there. */
  build(logits: Value): Value;
  /** What to feed the input `labels` with, from class indices `[N]` or soft labels `[N, K]`. */
  encode(labels: Labels): Tensor;
  /** Probabilities from logits: `[N, K]` over classes, or `[N, 1]` of the class with index 1. */
  probabilities(logits: Value): Value;
  /** The same loss for labels that are shares of the classes, if there is one: what training on mixed images needs. */
  readonly soft?: Loss<FloatTensor>;
}

export interface SoftmaxCrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes, 0 to 1. */
  readonly labelSmoothing?: number;
  /** One factor for each class. */
  readonly classWeights?: readonly number[];
}

/** Cross-entropy of softmax(logits `[N, K]`) and the labels: one of K classes is right. */
export function softmaxCrossEntropy({
  labelSmoothing = 0,
  classWeights,
}: SoftmaxCrossEntropyOptions = {}): Loss {
  const build = (logits: Value, labels: Value) => {
    const weights = classWeights && logits.graph.constant(floatTensor([classWeights.length], classWeights));
    return softmaxCrossEntropyLoss(logits, labels, weights, { labelSmoothing });
  };
  const common = {
    name: 'softmax-cross-entropy',
    settings: { labelSmoothing, ...(classWeights && { classWeights }) },
    encode: <Labels extends Tensor>(labels: Labels) => labels,
    probabilities: (logits: Value) => softmax(logits),
  };
  return {
    ...common,
    build: (logits) => build(logits, labelInput(logits, [logits.shape[0]], 'int32')),
    soft: { ...common, build: (logits) => build(logits, labelInput(logits, logits.shape, 'float32')) },
  };
}

/** Binary cross-entropy of sigmoid(logits `[N, 1]`) and the labels: two classes, one output. */
export function sigmoidCrossEntropy(): Loss {
  const common = {
    name: 'sigmoid-cross-entropy',
    settings: {},
    build: (logits: Value) => sigmoidCrossEntropyLoss(logits, labelInput(logits, logits.shape, 'float32')),
    probabilities: (logits: Value) => sigmoid(logits),
  };
  return {
    ...common,
    encode: ({ data, shape }) => floatTensor([...shape, 1], Float32Array.from(data)),
    soft: { ...common, encode: ({ data, shape }) => floatTensor([shape[0], 1], secondOfEach(data)) },
  };
}

/** The losses by name. */
export const losses = {
  'softmax-cross-entropy': softmaxCrossEntropy,
  'sigmoid-cross-entropy': sigmoidCrossEntropy,
};

/** A loss by its name. @throws UsageError for an unknown name */
export function createLoss(name: string, settings: LossSettings = {}): Loss {
  if (!Object.hasOwn(losses, name)) throw unknownName('loss', name, Object.keys(losses));
  const make: (settings: LossSettings) => Loss = losses[name as keyof typeof losses];
  return make(settings);
}

/** The loss of the same kind without label smoothing and class weights, which figures of different runs are compared in. */
export function plainLoss(loss: Loss): Loss {
  return Object.hasOwn(losses, loss.name) ? createLoss(loss.name) : loss;
}

function labelInput({ graph }: Value, shape: Shape, dtype: 'float32' | 'int32'): Value {
  return graph.inputs.get('labels') ?? graph.input('labels', { shape, dtype }, 'batch');
}

/** Every second one of the shares of two classes. */
function secondOfEach(shares: Float32Array): Float32Array {
  return shares.filter((_, i) => i % 2 === 1);
}
