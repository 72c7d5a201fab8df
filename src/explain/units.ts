// Figures of all layers and parameters of a checkpoint, over a picture or a data set.

import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Batch, Loader, type LoadingOptions } from '../data/loader.ts';
import type { Engine } from '../engines/engine.ts';
import { matchClasses } from '../evaluation/evaluate.ts';
import { checkFinite } from '../evaluation/finite-outputs.ts';
import { namedParameters, randomKeyOf } from '../nn/index.ts';
import { gradientProgram } from '../program/programs.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, type IntTensor, intTensor, type Tensor } from '../tensor/tensor.ts';
import { ActivationCounter, type Activations } from './activations.ts';
import { type Layers, traceLayers } from './layers.ts';
import { probeProgram, withProgram } from './probe.ts';

/** Activations of a layer, with its name and operator. */
export interface LayerActivations extends Activations {
  readonly layer: string;
  readonly op: string;
}

/** Euclidean norms of a parameter and of the gradient of the mean loss of a batch with respect to it. */
export interface ParameterNorms {
  readonly name: string;
  readonly weight: number;
  /** Where there are labels and training changes the parameter. */
  readonly gradient?: number;
}

export interface UnitFigures {
  readonly images: number;
  readonly activations: readonly LayerActivations[];
  readonly parameters: readonly ParameterNorms[];
}

export interface UnitOptions {
  readonly engine: Engine;
  /** Most images to look at; 256 unless given. */
  readonly images?: number;
  /** Images of the batch whose gradients are taken; 32 unless given. */
  readonly batchSize?: number;
  readonly workers?: LoadingOptions['workers'];
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_IMAGES = 256;
const DEFAULT_BATCH_SIZE = 32;
/** Bytes that the outputs of all layers may take at once. */
const ROOM = 2 ** 28;
const BYTES = 4; // float32

/** Figures of a picture. @param images `[1, C, H, W]`, normalised */
export async function unitsOfPicture(
  checkpoint: Checkpoint,
  images: FloatTensor,
  engine: Engine,
): Promise<UnitFigures> {
  const activations = await countActivations(checkpoint, engine, 1, async (add) =>
    add(images, () => 'the image'),
  );
  return { images: 1, activations, parameters: normsOf(checkpoint) };
}

/**
 * Figures of images of a data set, drawn at random with seed 0. Gradients are those of training, with batch statistics and
 * dropout, of the first batch.
 * @throws DataError if there is no image, a class that the checkpoint does not know, or an image whose outputs are not
 * finite
 */
export async function unitsOfData(
  checkpoint: Checkpoint,
  dataset: Dataset,
  options: UnitOptions,
): Promise<UnitFigures> {
  const { engine, images = DEFAULT_IMAGES, workers, onProgress } = options;
  const wanted = Math.min(images, dataset.length);
  const batchSize = Math.max(1, Math.min(wanted, imagesAtOnce(traceLayers(checkpoint.model, 1))));
  const loader = new Loader(dataset, { ...loading(checkpoint), batchSize, workers, partial: 'drop' });
  let done = 0;
  const activations = await countActivations(checkpoint, engine, batchSize, async (add) => {
    for await (const batch of loader.epoch(0)) {
      await add(batch.images, (row) => dataset.describe(batch.indices[row]));
      done += batchSize;
      onProgress?.(done, wanted);
      if (done + batchSize > wanted) return;
    }
  });
  const gradients = await gradientsOf(checkpoint, dataset, options);
  return { images: done, activations, parameters: normsOf(checkpoint, gradients) };
}

function loading({ preprocessing }: Checkpoint) {
  return { preprocessing, shuffle: true };
}

function imagesAtOnce({ nodes }: Layers): number {
  return Math.floor(ROOM / (BYTES * nodes.reduce((sum, { outputs }) => sum + sizeOf(outputs[0].shape), 0)));
}

type AddImages = (images: FloatTensor, nameOf: (row: number) => string) => Promise<void>;

async function countActivations(
  checkpoint: Checkpoint,
  engine: Engine,
  batchSize: number,
  feed: (add: AddImages) => Promise<void>,
): Promise<LayerActivations[]> {
  const { model, loss, weights } = checkpoint;
  const counted = traceLayers(model, batchSize).nodes.map(({ name, operator, outputs }) => {
    return { layer: name, op: operator.name, counter: new ActivationCounter(outputs[0].shape[1] ?? 1) };
  });
  const program = probeProgram(model, { batchSize, loss, layers: counted.map(({ layer }) => layer) });
  await withProgram(engine, program, weights, (executable) =>
    feed(async (images, nameOf) => {
      const results = await executable.run({ images });
      checkFinite(checkpoint, results.logits as FloatTensor, nameOf);
      for (const { layer, counter } of counted) counter.add(results[`output ${layer}`] as FloatTensor);
    }),
  );
  return counted.map(({ layer, op, counter }) => ({ layer, op, ...counter.figures }));
}

/** Gradients of the mean loss of one batch, as training computes them, by name of the parameter. */
async function gradientsOf(
  checkpoint: Checkpoint,
  dataset: Dataset,
  { engine, workers, batchSize = DEFAULT_BATCH_SIZE }: UnitOptions,
): Promise<Map<string, FloatTensor>> {
  const { model, loss, weights } = checkpoint;
  const count = Math.min(batchSize, dataset.length);
  const classOf = matchClasses(checkpoint, dataset.classes);
  const loader = new Loader(dataset, { ...loading(checkpoint), batchSize: count, workers, prefetch: 0 });
  const { value: batch } = (await loader.epoch(0).next()) as IteratorYieldResult<Batch>;
  const labels = loss.encode(relabelled(batch.labels, classOf));
  const program = gradientProgram(model, { batchSize: count, loss });
  const feeds: Record<string, Tensor> = { images: batch.images, labels, random: randomKeyOf(0, 1) };
  const asked = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]]));
  const results = await withProgram(engine, program, weights, (executable) => executable.run(asked));
  const named = [...namedParameters(model.network).keys()].flatMap((name) => {
    const gradient = results[`gradient ${name}`];
    return gradient ? [[name, gradient as FloatTensor] as const] : [];
  });
  return new Map(named);
}

function relabelled({ data }: IntTensor, classOf: readonly number[]): IntTensor {
  return intTensor(
    [data.length],
    data.map((label) => classOf[label]),
  );
}

function normsOf(
  { model, weights }: Checkpoint,
  gradients: ReadonlyMap<string, FloatTensor> = new Map(),
): ParameterNorms[] {
  const parameters = [...namedParameters(model.network).values()].filter(({ role }) => role === 'parameter');
  return parameters.map(({ name }) => {
    const gradient = gradients.get(name);
    return { name, weight: norm(weights.get(name)!), ...(gradient && { gradient: norm(gradient) }) };
  });
}

function norm({ data }: FloatTensor): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
}
