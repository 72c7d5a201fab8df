// Activation statistics of all layers, and norms of all parameters and gradients, over an image or a data set.
import { lookup } from '../base/lookup.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Batch, Loader, type LoadingOptions } from '../data/loading/loader.ts';
import type { Engine } from '../engines/engine.ts';
import { withExecutable } from '../engines/with-executable.ts';
import { matchClasses } from '../evaluation/evaluate.ts';
import { checkFinite } from '../evaluation/finite-outputs.ts';
import { namedParameters, randomKeyTensor } from '../nn/index.ts';
import { gradientProgram } from '../program/programs.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, type IntTensor, intTensor, type Tensor } from '../tensor/tensor.ts';
import { activationProgram } from './activation-program.ts';
import { ActivationAccumulator, type ActivationStatistics } from './activation-statistics.ts';
import { type Layers, traceLayers } from './layers.ts';

/** Activation statistics of a layer. */
export interface LayerStatistics extends ActivationStatistics {
  /** Name of the layer, as in `summarize`. */
  readonly layer: string;
  /** Name of its operator, such as `Conv`. */
  readonly op: string;
}

/** L2 norms of a parameter, and of the gradient of a batch's mean loss with respect to it. */
export interface ParameterNorms {
  readonly name: string;
  readonly weight: number;
  /** Only for trainable parameters, and only over a data set with labels. */
  readonly gradient?: number;
}

/** Statistics of all layers and parameters of a network. */
export interface UnitStatistics {
  /** Number of images. */
  readonly images: number;
  /** Statistics of each layer, in execution order. */
  readonly activations: readonly LayerStatistics[];
  /** Norms of each parameter. */
  readonly parameters: readonly ParameterNorms[];
}

/** Options of `unitStatistics`. */
export interface UnitStatisticsOptions {
  /** The engine that runs the network. */
  readonly engine: Engine;
  /** Maximum number of images; defaults to 256. */
  readonly images?: number;
  /** Batch size of the gradients; defaults to 32. */
  readonly batchSize?: number;
  /** Threads that read image files. */
  readonly workers?: LoadingOptions['workers'];
  /** Called after each batch with the number of images done and their total. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_IMAGES = 256;
const DEFAULT_BATCH_SIZE = 32;
/** Limit on the memory of all layers' outputs, in bytes. */
const MAX_BYTES = 2 ** 28;
const BYTES = 4; // float32

/**
 * Activation statistics of all layers for one image, and norms of all parameters.
 * @param batch the preprocessed image, `[1, C, H, W]`; `inspect` returns it as `batch`
 * @throws DataError if the outputs are not finite
 */
export async function imageUnitStatistics(
  checkpoint: Checkpoint,
  batch: FloatTensor,
  engine: Engine,
): Promise<UnitStatistics> {
  const activations = await accumulateActivations(checkpoint, engine, 1, async (add) =>
    add(batch, () => 'the image'),
  );
  return { images: 1, activations, parameters: parameterNorms(checkpoint) };
}

/**
 * Activation statistics of all layers over a random sample of a data set (seed 0), and norms of all parameters and their
 * gradients. Gradients are those of one training batch, with batch statistics and dropout.
 * @throws DataError if the data set is empty, has a class that the checkpoint lacks, or an image whose outputs are not finite
 * @example
 * const { activations } = await unitStatistics(checkpoint, data.splits.test, { engine: await openEngine() });
 * for (const { layer, op, dead } of activations) if (op === 'Relu') console.log(layer, dead);
 */
export async function unitStatistics(
  checkpoint: Checkpoint,
  dataset: Dataset,
  options: UnitStatisticsOptions,
): Promise<UnitStatistics> {
  const { engine, images = DEFAULT_IMAGES, workers, onProgress } = options;
  const total = Math.min(images, dataset.length);
  const batchSize = Math.max(1, Math.min(total, maxBatchSize(traceLayers(checkpoint.model, 1))));
  const loader = new Loader(dataset, { ...loading(checkpoint), batchSize, workers, partial: 'drop' });
  let done = 0;
  const activations = await accumulateActivations(checkpoint, engine, batchSize, async (add) => {
    for await (const batch of loader.epoch(0)) {
      await add(batch.images, (row) => dataset.describe(batch.indices[row]));
      done += batchSize;
      onProgress?.(done, total);
      if (done + batchSize > total) return;
    }
  });
  const gradients = await batchGradients(checkpoint, dataset, options);
  return { images: done, activations, parameters: parameterNorms(checkpoint, gradients) };
}

function loading({ preprocessing }: Checkpoint) {
  return { preprocessing, shuffle: true };
}

function maxBatchSize({ nodes }: Layers): number {
  return Math.floor(
    MAX_BYTES / (BYTES * nodes.reduce((sum, { outputs }) => sum + sizeOf(outputs[0].shape), 0)),
  );
}

type AddImages = (images: FloatTensor, imageName: (row: number) => string) => Promise<void>;

async function accumulateActivations(
  checkpoint: Checkpoint,
  engine: Engine,
  batchSize: number,
  feed: (add: AddImages) => Promise<void>,
): Promise<LayerStatistics[]> {
  const { model, loss, weights } = checkpoint;
  const accumulators = traceLayers(model, batchSize).nodes.map(({ name, operator, outputs }) => {
    return {
      layer: name,
      op: operator.name,
      accumulator: new ActivationAccumulator(outputs[0].shape[1] ?? 1),
    };
  });
  const program = activationProgram(model, {
    batchSize,
    loss,
    layers: accumulators.map(({ layer }) => layer),
  });
  await withExecutable(engine, program, weights, (executable) =>
    feed(async (images, imageName) => {
      const results = await executable.run({ images });
      checkFinite(checkpoint, results.logits as FloatTensor, imageName);
      for (const { layer, accumulator } of accumulators)
        accumulator.add(results[`output ${layer}`] as FloatTensor);
    }),
  );
  return accumulators.map(({ layer, op, accumulator }) => ({ layer, op, ...accumulator.statistics }));
}

/** Gradients of one batch's mean loss in training mode, by parameter name. */
async function batchGradients(
  checkpoint: Checkpoint,
  dataset: Dataset,
  { engine, workers, batchSize = DEFAULT_BATCH_SIZE }: UnitStatisticsOptions,
): Promise<Map<string, FloatTensor>> {
  const { model, loss, weights } = checkpoint;
  const count = Math.min(batchSize, dataset.length);
  const classOf = matchClasses(checkpoint, dataset.classes);
  const loader = new Loader(dataset, { ...loading(checkpoint), batchSize: count, workers, prefetch: 0 });
  const { value: batch } = (await loader.epoch(0).next()) as IteratorYieldResult<Batch>;
  const labels = loss.encode(relabel(batch.labels, classOf));
  const program = gradientProgram(model, { batchSize: count, loss });
  const feeds: Record<string, Tensor> = { images: batch.images, labels, random: randomKeyTensor(0, 1) };
  const inputs = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]]));
  const results = await withExecutable(engine, program, weights, (executable) => executable.run(inputs));
  const named = [...namedParameters(model.network).keys()].flatMap((name) => {
    const gradient = results[`gradient ${name}`];
    return gradient ? [[name, gradient as FloatTensor] as const] : [];
  });
  return new Map(named);
}

function relabel({ data }: IntTensor, classOf: readonly number[]): IntTensor {
  return intTensor(
    [data.length],
    data.map((label) => classOf[label]),
  );
}

function parameterNorms(
  { model, weights }: Checkpoint,
  gradients: ReadonlyMap<string, FloatTensor> = new Map(),
): ParameterNorms[] {
  const parameters = [...namedParameters(model.network).values()].filter(({ role }) => role === 'parameter');
  return parameters.map(({ name }) => {
    const gradient = gradients.get(name);
    return { name, weight: norm(lookup(weights, name)), ...(gradient && { gradient: norm(gradient) }) };
  });
}

function norm({ data }: FloatTensor): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
}
