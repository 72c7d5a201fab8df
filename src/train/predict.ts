// Prediction of images with a checkpoint.
import { stackImages } from '../data/batch.ts';
import type { Engine } from '../engines/engine.ts';
import { decodeImage } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import { DataError, UsageError } from '../tensor/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openSession, probabilitiesOf } from './evaluate.ts';
import type { Session } from './session.ts';

export interface PredictOptions {
  readonly engine: Engine;
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

/** What one image shows, most probable class first, or why it could not be read. */
export type ImagePrediction =
  | { readonly image: string; readonly predictions: readonly ClassPrediction[] }
  | { readonly image: string; readonly error: string };

const DEFAULT_BATCH_SIZE = 32;
const DEFAULT_TOP = 5;

/**
 * Classifies images, in order. One that cannot be read gets an error of its own and does not stop the others.
 * @throws UsageError if there is no image, or `top` or `batchSize` is no whole number from 1
 */
export async function predict(
  checkpoint: Checkpoint,
  images: readonly ImageSource[],
  { engine, top = DEFAULT_TOP, batchSize = DEFAULT_BATCH_SIZE }: PredictOptions,
): Promise<ImagePrediction[]> {
  if (images.length === 0) throw new UsageError('there is no image to predict; give at least one.');
  checkCount('top', top);
  checkCount('batchSize', batchSize);
  const session = openSession(checkpoint, engine, Math.min(batchSize, images.length));
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
  const read = await Promise.all(sources.map(readImage));
  const readable = read.filter((entry): entry is Image => !(entry instanceof DataError));
  const scores =
    readable.length === 0
      ? undefined
      : await session.forward(stackImages(readable, checkpoint.preprocessing));
  let row = 0;
  return read.map((entry, i) => {
    const source = sources[i]!;
    const image = typeof source === 'string' ? source : source.name;
    if (entry instanceof DataError) return { image, error: entry.message };
    return { image, predictions: highest(probabilitiesOf(scores!, row++), checkpoint.classes, top) };
  });
}

async function readImage(source: ImageSource): Promise<Image | DataError> {
  if (typeof source !== 'string') return source.image;
  try {
    return await decodeImage(source);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

/** The `top` most probable classes; of equal ones the first comes first. */
function highest(probabilities: Float32Array, classes: readonly string[], top: number): ClassPrediction[] {
  return [...probabilities]
    .map((probability, index) => ({ label: classes[index]!, index, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}

function checkCount(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new UsageError(`${what} is ${value}; it must be a whole number from 1.`);
}
