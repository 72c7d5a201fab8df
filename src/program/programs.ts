// The programs of a model: a training step, an accumulation step, gradients, and a forward pass.
import { gradients } from '../autodiff/gradients.ts';
import { checkInteger } from '../base/arguments.ts';
import { ShapeError, UsageError } from '../base/errors.ts';
import { Graph, type Value } from '../graph/graph.ts';
import type { Variable } from '../graph/types.ts';
import { type Loss, type Model, namedParameters } from '../nn/index.ts';
import { add, multiplyBy } from '../ops/arithmetic.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { type Program, toProgram } from './program.ts';
import { addSums, addUpdates, type ParameterGradient } from './updates.ts';

/** Options of the programs that compute a loss. */
export interface TrainProgramOptions {
  readonly batchSize: number;
  readonly loss: Pick<Loss, 'build'>;
  /** Gradient clipping, accumulation, weight decay mask and EMA (default: none). */
  readonly update?: UpdateSettings;
}

/**
 * One training step: forward pass, loss, gradients, and the optimizer's update of every trainable parameter.
 *
 * Inputs:
 * - `images` float32 `[N, C, H, W]`, and `labels` as the loss encodes them;
 * - `learningRate` float32 `[]`;
 * - `step` float32 `[]`, the number of the update from 1, if the optimizer reads it;
 * - `random` int32 `[3]`, [low word of the seed, high word of the seed, step], if the network has dropout;
 * - with gradient accumulation, `carry` float32 `[]`, 0 for the first batch of an update and 1 for the others,
 *   and `batches` float32 `[]`, the number of batches.
 *
 * Results, both before the update: `loss` `[]`, including auxiliary classifiers, and `logits` `[N, K]`.
 * @throws UsageError if the batch size is not a positive integer or the model has no trainable parameter
 * @throws ShapeError if the network does not return logits `[N, K]`
 */
export function trainProgram(
  model: Model,
  { optimizer, update = {}, ...options }: TrainProgramOptions & { readonly optimizer: Optimizer },
): Program {
  const { graph, results, parameters } = differentiate(model, options);
  addUpdates(graph, parameters, optimizer, update);
  return toProgram(`train ${model.name}`, graph, results);
}

/**
 * Gradient accumulation: a step that adds the gradients of a batch to their sums without updating weights. The
 * last batch of an update runs `trainProgram`. Running statistics are updated at every batch, as in PyTorch.
 * Inputs and results are those of `trainProgram`, without `learningRate`, `step` and `batches`.
 */
export function accumulationProgram(model: Model, options: TrainProgramOptions): Program {
  const { graph, results, parameters } = differentiate(model, options);
  addSums(graph, parameters);
  return toProgram(`accumulate ${model.name}`, graph, results);
}

/**
 * Loss and gradients of one batch, without updates. Inputs are `images`, `labels` and, with dropout, `random`, as for
 * `trainProgram`. Results: `loss` `[]`, `logits` `[N, K]`, and `gradient NAME` of each trainable parameter.
 * @throws UsageError if the batch size is not a positive integer or the model has no trainable parameter
 */
export function gradientProgram(model: Model, options: Omit<TrainProgramOptions, 'update'>): Program {
  const { graph, results, parameters } = differentiate(model, options);
  const named = parameters.map(({ variable, gradient }) => [`gradient ${variable.name}`, gradient] as const);
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
  { batchSize, loss: criterion }: TrainProgramOptions,
): { graph: Graph; results: Readonly<Record<'loss' | 'logits', Value>>; parameters: ParameterGradient[] } {
  const { graph, logits } = trace(model, batchSize, 'training');
  const loss = trainingLoss(criterion, logits);
  const weights = trainableParameters(model, graph);
  const computed = gradients(
    loss,
    weights.map(({ value }) => value),
  );
  const parameters = weights.map((weight, i) => ({ ...weight, gradient: computed[i] }));
  return { graph, results: { loss, logits }, parameters };
}

/**
 * Forward pass for evaluation and prediction: running statistics, no dropout.
 * Input: `images` float32 `[N, C, H, W]`. Results: `logits` `[N, K]` and, with a loss, `probabilities`.
 * @throws UsageError if the batch size is not a positive integer
 * @throws ShapeError if the network does not return logits `[N, K]`
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

/** The loss of the logits plus the weighted losses of the auxiliary classifiers. */
function trainingLoss(criterion: TrainProgramOptions['loss'], logits: Value): Value {
  return logits.graph.auxiliaries.reduce(
    (sum, auxiliary) => add(sum, multiplyBy(criterion.build(auxiliary.logits), auxiliary.weight)),
    criterion.build(logits),
  );
}

function checkLogits(model: Model, shape: Shape, batchSize: number): void {
  if (shape.length === 2 && shape[0] === batchSize && shape[1] === model.classes) return;
  throw new ShapeError(
    `${model.name} must return logits [N, classes] = [${batchSize}, ${model.classes}], but returns ` +
      `${formatShape(shape)}; end it with Flatten and a Linear layer with one output per class.`,
  );
}

function trainableParameters(model: Model, graph: Graph): { variable: Variable; value: Value }[] {
  const trainable = [...namedParameters(model.network).values()].filter((parameter) => parameter.trainable);
  if (trainable.length === 0)
    throw new UsageError(`${model.name} has no trainable parameter; unfreeze one to train it.`);
  return trainable.map((variable) => ({ variable, value: graph.variable(variable) }));
}
