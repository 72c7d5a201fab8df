// The programs of a model: one step of training, and a forward pass.

import { gradients } from '../autodiff/gradients.ts';
import { checkInteger } from '../base/arguments.ts';
import { ShapeError, UsageError } from '../base/errors.ts';
import { Graph, type Value, type Variable } from '../graph/graph.ts';
import type { Loss, Model } from '../nn/index.ts';
import { namedParameters } from '../nn/index.ts';
import { add } from '../ops/add.ts';
import { multiplyBy } from '../ops/mul.ts';
import type { Optimizer } from '../optim/optimizers.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { type Program, toProgram } from './program.ts';
import { addSums, addUpdates, type Slope } from './updates.ts';

export interface TrainProgramOptions {
  readonly batchSize: number;
  readonly loss: Pick<Loss, 'build'>;
  /** What else is done to gradients and weights. */
  readonly update?: UpdateSettings;
}

/**
 * One step of training: forward pass, loss, gradients, and the optimizer's update of every trainable parameter.
 * Inputs: `images` float32 `[N, C, H, W]`; `labels` as the loss encodes them; `learningRate` float32 `[]`; `step`
 * float32 `[]`, from 1, the number of the update, if the optimizer asks for it; with several batches to an update, `carry`
 * float32 `[]`, 0 at the first of them and 1 after it, and `batches` float32 `[]`, their number; `random` int32 `[3]` (`randomKeyOf`) if the
 * network does. Results: `loss` `[]`, that of auxiliary classifiers included, and `logits` `[N, K]`, both before the update.
 */
export function trainProgram(
  model: Model,
  { optimizer, update = {}, ...options }: TrainProgramOptions & { readonly optimizer: Optimizer },
): Program {
  const { graph, results, slopes } = differentiate(model, options);
  addUpdates(graph, slopes, optimizer, update);
  return toProgram(`train ${model.name}`, graph, results);
}

/**
 * A batch of an update that several batches make, but the last of them, which is `trainProgram`'s. It adds to the sums of
 * gradients and moves running statistics on, as PyTorch does at every batch; weights stay. Inputs and results are those of
 * `trainProgram`, without `learningRate`, `step` and `batches`.
 */
export function accumulationProgram(model: Model, options: TrainProgramOptions): Program {
  const { graph, results, slopes } = differentiate(model, options);
  addSums(graph, slopes);
  return toProgram(`accumulate ${model.name}`, graph, results);
}

/** Loss and gradients of one batch, with all variables left as they are. Results: `loss`, `logits`, and `gradient NAME` of each parameter. */
export function gradientProgram(model: Model, options: Omit<TrainProgramOptions, 'update'>): Program {
  const { graph, results, slopes } = differentiate(model, options);
  const named = slopes.map(({ variable, gradient }) => [`gradient ${variable.name}`, gradient] as const);
  return toProgram(
    `gradients of ${model.name}`,
    graph,
    { ...results, ...Object.fromEntries(named) },
    new Map(),
  );
}

/** Forward pass, loss and gradients. */
function differentiate(
  model: Model,
  { batchSize, loss: lossOf }: TrainProgramOptions,
): { graph: Graph; results: Readonly<Record<'loss' | 'logits', Value>>; slopes: Slope[] } {
  const { graph, logits } = trace(model, batchSize, 'training');
  const loss = trainingLoss(lossOf, logits);
  const weights = trainableParameters(model, graph);
  const found = gradients(
    loss,
    weights.map(({ value }) => value),
  );
  const slopes = weights.map((weight, i) => ({ ...weight, gradient: found[i] }));
  return { graph, results: { loss, logits }, slopes };
}

/**
 * A forward pass as prediction and evaluation use it: running statistics, no dropout.
 * Input: `images` `[N, C, H, W]`. Results: `logits` `[N, K]` and, with a loss, its `probabilities`.
 */
export function forwardProgram(
  model: Model,
  { batchSize, loss }: { batchSize: number; loss?: Loss },
): Program {
  const { graph, logits } = trace(model, batchSize, 'inference');
  const probabilities = loss && { probabilities: loss.probabilities(logits) };
  return toProgram(`forward ${model.name}`, graph, { logits, ...probabilities });
}

/** Traces a model's network into a new graph. */
export function trace(
  model: Model,
  batchSize: number,
  mode: 'training' | 'inference',
): { graph: Graph; logits: Value } {
  checkInteger('batch size', batchSize);
  const graph = new Graph(mode);
  namedParameters(model.network);
  const images = graph.input('images', { shape: [batchSize, ...model.input], dtype: 'float32' }, 'batch');
  const logits = model.network.call(images);
  checkLogits(model, logits.shape, batchSize);
  return { graph, logits };
}

/** The loss of the network's logits, and the weighted ones of the auxiliary classifiers that it has in training. */
function trainingLoss(lossOf: TrainProgramOptions['loss'], logits: Value): Value {
  return logits.graph.auxiliaries.reduce(
    (sum, auxiliary) => add(sum, multiplyBy(lossOf.build(auxiliary.logits), auxiliary.weight)),
    lossOf.build(logits),
  );
}

function checkLogits(model: Model, shape: Shape, batchSize: number): void {
  if (shape.length === 2 && shape[0] === batchSize && shape[1] === model.classes) return;
  throw new ShapeError(
    `${model.name} must end with logits [N, classes] = [${batchSize}, ${model.classes}], but gives ${formatShape(shape)}; ` +
      'end it with a flatten and a linear layer of as many outputs as there are classes.',
  );
}

function trainableParameters(model: Model, graph: Graph): { variable: Variable; value: Value }[] {
  const trainable = [...namedParameters(model.network).values()].filter((parameter) => parameter.trainable);
  if (trainable.length === 0)
    throw new UsageError(`${model.name} has no trainable parameter; unfreeze one to train it.`);
  return trainable.map((variable) => ({ variable, value: graph.variable(variable) }));
}
