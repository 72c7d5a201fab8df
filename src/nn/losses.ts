// Loss functions, and how they encode labels and turn logits into probabilities.

import { unknownName } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import { sigmoid } from '../ops/activations.ts';
import { sigmoidCrossEntropyLoss } from '../ops/sigmoid-cross-entropy-loss.ts';
import { softmax } from '../ops/softmax.ts';
import { softmaxCrossEntropyLoss } from '../ops/softmax-cross-entropy-loss.ts';
import type { Shape } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type IntTensor, type Tensor } from '../tensor/tensor.ts';

/** Settings of a loss function: numbers, or lists with one number per class. */
export type LossSettings = Readonly<Record<string, number | readonly number[]>>;

/** A loss function over class indices (the default) or soft labels. */
export interface Loss<Labels extends Tensor = IntTensor> {
  /** Name in `losses`, or your own. */
  readonly name: string;
  /** Its settings; `createLoss(name, settings)` recreates it. */
  readonly settings: LossSettings;
  /** Adds the mean loss of a batch (a scalar) to the graph of `logits`, and the input `labels` unless it exists. */
  build(logits: Value): Value;
  /** The value of the input `labels` for class indices `[N]` or soft labels `[N, K]`. */
  encode(labels: Labels): Tensor;
  /** Probabilities from logits: of all classes `[N, K]`, or of class 1 `[N, 1]`. */
  probabilities(logits: Value): Value;
  /** The same loss for soft labels (class probabilities), if there is one. Mixup and CutMix need it. */
  readonly soft?: Loss<FloatTensor>;
}

/** Options of `softmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyOptions {
  /** Fraction of the target that is distributed evenly over all classes, 0 to 1 (Szegedy et al. 2016). Defaults to 0. */
  readonly labelSmoothing?: number;
  /** Weight of each class, `[K]`. Defaults to 1 for all. */
  readonly classWeights?: readonly number[];
}

/**
 * Cross-entropy of softmax(logits) and labels, averaged over the batch, for K mutually exclusive classes. Like PyTorch's
 * `CrossEntropyLoss`. Logits are `[N, K]`, labels `[N]`.
 * @example
 * const loss = softmaxCrossEntropy({ labelSmoothing: 0.1 });
 */
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

/**
 * Binary cross-entropy of sigmoid(logits) and labels, averaged over the batch, for two classes and one output. Like PyTorch's
 * `BCEWithLogitsLoss`. Logits are `[N, 1]`, labels `[N]`.
 */
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

/** The built-in loss functions by name. */
export const losses = {
  /** Cross-entropy of softmax(logits). */
  'softmax-cross-entropy': softmaxCrossEntropy,
  /** Binary cross-entropy of sigmoid(logits). */
  'sigmoid-cross-entropy': sigmoidCrossEntropy,
};

/** Creates a built-in loss function by name. @throws UsageError for an unknown name */
export function createLoss(name: string, settings: LossSettings = {}): Loss {
  if (!Object.hasOwn(losses, name)) throw unknownName('loss', name, Object.keys(losses));
  const make: (settings: LossSettings) => Loss = losses[name as keyof typeof losses];
  return make(settings);
}

/** The same loss function without label smoothing and class weights, so that losses of different runs are comparable. */
export function plainLoss(loss: Loss): Loss {
  return Object.hasOwn(losses, loss.name) ? createLoss(loss.name) : loss;
}

function labelInput({ graph }: Value, shape: Shape, dtype: 'float32' | 'int32'): Value {
  return graph.inputs.get('labels') ?? graph.input('labels', { shape, dtype }, 'batch');
}

/** The probabilities of class 1 in soft labels `[N, 2]`. */
function secondOfEach(labels: Float32Array): Float32Array {
  return labels.filter((_, i) => i % 2 === 1);
}
