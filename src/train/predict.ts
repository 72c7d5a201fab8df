// Prediction of images with a checkpoint.

import { checkArgument, checkInteger, wrongArgument } from '../base/arguments.ts';
import { FoveaError, ShapeError, UsageError } from '../base/errors.ts';
import { stackImages } from '../data/loading/batch.ts';
import { type Preprocessing, valueRangeOf } from '../data/transforms/transforms.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { decodeImage } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openSession, probabilitiesOf } from './evaluate.ts';
import { outputFaults } from './finite.ts';
import type { Session } from './session.ts';

export interface PredictOptions {
  /** The best one that runs here, unless given. */
  readonly engine?: Engine;
  /** How many classes to give for each image; 5 unless given, or all if there are fewer. */
  readonly top?: number;
  /** Images at once; 32 unless given. */
  readonly batchSize?: number;
}

/** An image to classify: the path of a file, or pixels with a name. */
export type ImageSource = string | { readonly name: string; readonly image: Image };

export interface ClassPrediction {
  readonly label: string;
  readonly index: number;
  readonly probability: number;
}

/** Predictions for one image, most probable class first, or why it could not be read or classified. */
export type ImagePrediction =
  | { readonly image: string; readonly predictions: readonly ClassPrediction[] }
  | { readonly image: string; readonly error: string };

const DEFAULT_BATCH_SIZE = 32;
const DEFAULT_TOP = 5;
const DECODED_AT_ONCE = 4;

/**
 * Classifies images, in order. One that cannot be read, or for which the network's outputs are not
 * finite, gets an error of its own and does not stop the others.
 * @throws UsageError if there is no image, or `top` or `batchSize` is no whole number from 1
 */
export async function predict(
  checkpoint: Checkpoint,
  images: readonly ImageSource[],
  { engine, top = DEFAULT_TOP, batchSize = DEFAULT_BATCH_SIZE }: PredictOptions = {},
): Promise<ImagePrediction[]> {
  const call = 'predict(checkpoint, images, options?)';
  checkArgument.checkpoint(call, checkpoint);
  checkArgument.engine(call, engine);
  if (!Array.isArray(images)) throw wrongArgument(call, 'images', 'a list of paths, images or bytes', images);
  if (images.length === 0) throw new UsageError('there is no image to predict; give at least one.');
  checkInteger('top', top);
  checkInteger('batchSize', batchSize);
  const session = openSession(checkpoint, engine ?? (await openEngine()), Math.min(batchSize, images.length));
  try {
    return await predictWith(session, checkpoint, images, top);
  } finally {
    session.dispose();
  }
}

/** `predict` with a session of the checkpoint that is open already, for programs that predict again and again. */
export async function predictWith(
  session: Session,
  checkpoint: Checkpoint,
  images: readonly ImageSource[],
  top = DEFAULT_TOP,
): Promise<ImagePrediction[]> {
  const results: ImagePrediction[] = [];
  for (let start = 0; start < images.length; start += session.batchSize) {
    const batch = images.slice(start, start + session.batchSize);
    results.push(...(await predictBatch(session, checkpoint, batch, top)));
  }
  return results;
}

async function predictBatch(
  session: Session,
  checkpoint: Checkpoint,
  sources: readonly ImageSource[],
  top: number,
): Promise<ImagePrediction[]> {
  const inputs = await readInputs(sources, checkpoint);
  const readable = [...inputs.keys()].filter((i) => !(inputs[i] instanceof FoveaError));
  const tensors = readable.map((i) => inputs[i] as FloatTensor);
  const scores = tensors.length > 0 ? await session.forward(joined(tensors)) : undefined;
  const faults = scores ? outputFaults(checkpoint, scores, (row) => nameOf(sources[readable[row]])) : [];
  return inputs.map((input, i) => {
    const image = nameOf(sources[i]);
    const row = readable.indexOf(i);
    const fault = input instanceof FoveaError ? input : faults[row];
    if (fault) return { image, error: fault.message };
    return { image, predictions: highest(probabilitiesOf(scores!, row), checkpoint.classes, top) };
  });
}

/** Each image as the model takes it, `[1, C, H, W]`, or why it cannot be. Few are decoded at once: they may be large. */
async function readInputs(
  sources: readonly ImageSource[],
  checkpoint: Checkpoint,
): Promise<(FloatTensor | FoveaError)[]> {
  const inputs: (FloatTensor | FoveaError)[] = [];
  let next = 0;
  const worker = async () => {
    while (next < sources.length) {
      const place = next++;
      inputs[place] = await readInput(sources[place], checkpoint);
    }
  };
  await Promise.all(Array.from({ length: DECODED_AT_ONCE }, worker));
  return inputs;
}

async function imageOf(source: ImageSource, preprocessing: Preprocessing): Promise<Image> {
  return typeof source === 'string'
    ? decodeImage(source, { valueRange: valueRangeOf(preprocessing) })
    : source.image;
}

async function readInput(
  source: ImageSource,
  { model, preprocessing }: Checkpoint,
): Promise<FloatTensor | FoveaError> {
  try {
    const image = await imageOf(source, preprocessing);
    const input = stackImages([image], preprocessing);
    if (sameShape(input.shape, [1, ...model.input])) return input;
    return new ShapeError(
      `${nameOf(source)}: is ${formatShape(input.shape.slice(1))} after preprocessing, but ${model.name} takes ` +
        `${formatShape(model.input)}; resize it, or let the preprocessing do so.`,
    );
  } catch (error) {
    if (error instanceof FoveaError) return error;
    throw error;
  }
}

/** Tensors of shape `[1, C, H, W]` as one `[N, C, H, W]`. */
function joined(inputs: readonly FloatTensor[]): FloatTensor {
  const [, ...shape] = inputs[0].shape;
  const size = sizeOf(shape);
  const data = new Float32Array(inputs.length * size);
  for (const [place, input] of inputs.entries()) data.set(input.data, place * size);
  return floatTensor([inputs.length, ...shape], data);
}

function nameOf(source: ImageSource): string {
  return typeof source === 'string' ? source : source.name;
}

/** The `top` most probable classes; of equal ones the first comes first. */
function highest(probabilities: Float32Array, classes: readonly string[], top: number): ClassPrediction[] {
  return [...probabilities]
    .map((probability, index) => ({ label: classes[index], index, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
