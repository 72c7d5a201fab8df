// Losses: what training makes small, and how class indices and predictions look to it.
import type { Graph, Value } from '../graph/graph.ts';
import { sigmoid } from '../ops/sigmoid.ts';
import { sigmoidCrossEntropyLoss } from '../ops/sigmoid-cross-entropy-loss.ts';
import { softmax } from '../ops/softmax.ts';
import { softmaxCrossEntropyLoss } from '../ops/softmax-cross-entropy-loss.ts';
import { unknownName } from '../tensor/errors.ts';
import { floatTensor, type IntTensor, type Tensor } from '../tensor/tensor.ts';

/** Numbers, or one for each class. */
export type LossSettings = Readonly<Record<string, number | readonly number[]>>;

export interface Loss {
  readonly name: string;
  /** What it was made with; `createLoss` makes the same one of it. */
  readonly settings: LossSettings;
  /** Adds the mean loss of a batch, a scalar, to the graph, and the input `labels` that it compares `logits` to unless it is there. */
  build(logits: Value): Value;
  /** What to feed the input `labels` with, from class indices `[N]`. */
  encode(labels: IntTensor): Tensor;
  /** Probabilities from logits: `[N, K]` over classes, or `[N, 1]` of the class with index 1. */
  probabilities(logits: Value): Value;
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
  return {
    name: 'softmax-cross-entropy',
    settings: { labelSmoothing, ...(classWeights && { classWeights }) },
    build(logits) {
      const labels = labelInput(logits.graph, { shape: [logits.shape[0]!], dtype: 'int32' });
      const weights = classWeights && logits.graph.constant(floatTensor([classWeights.length], classWeights));
      return softmaxCrossEntropyLoss(logits, labels, weights, { labelSmoothing });
    },
    encode: (labels) => labels,
    probabilities: (logits) => softmax(logits),
  };
}

/** Binary cross-entropy of sigmoid(logits `[N, 1]`) and the labels: two classes, one output. */
export function sigmoidCrossEntropy(): Loss {
  return {
    name: 'sigmoid-cross-entropy',
    settings: {},
    build: (logits) =>
      sigmoidCrossEntropyLoss(logits, labelInput(logits.graph, { shape: logits.shape, dtype: 'float32' })),
    encode: ({ data, shape }) => floatTensor([...shape, 1], Float32Array.from(data)),
    probabilities: (logits) => sigmoid(logits),
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

function labelInput(graph: Graph, type: { shape: readonly number[]; dtype: 'float32' | 'int32' }): Value {
  return graph.inputs.get('labels') ?? graph.input('labels', type, 'batch');
}
