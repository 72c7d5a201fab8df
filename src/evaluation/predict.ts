// Prediction of images with a checkpoint.

import { checkArgument, wrongArgument } from '../base/arguments.ts';
import { FoveaError, internal, ShapeError, UsageError } from '../base/errors.ts';
import {
  checkOptions,
  type OptionTable,
  option,
  type PickedOf,
  positiveInteger,
  withDefaults,
} from '../base/option.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { stackImages } from '../data/loading/batch.ts';
import { type Preprocessing, valueRangeOf } from '../data/transforms/transforms.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { decodeImage } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { outputFaults } from './finite-outputs.ts';
import { openPredictor, type Predictor, probabilitiesOf } from './predictor.ts';

export const predictOptions = {
  /** Classes per image (default: 5, or all if there are fewer). */
  top: option(positiveInteger, 'top', 'most probable classes to show for each image', { default: 5 }),
  /** Images per call of the network (default: 32). */
  batchSize: option(positiveInteger, 'batch size', 'images per call of the network', { default: 32 }),
} as const satisfies OptionTable;

/** Options of `predict`. */
export interface PredictOptions extends PickedOf<typeof predictOptions> {
  /** Default: the fastest that runs here. */
  readonly engine?: Engine;
}

/** An image to classify: the path of a file, or pixels with a name. */
export type ImageSource = string | { readonly name: string; readonly image: Image };

export interface ClassPrediction {
  readonly label: string;
  readonly index: number;
  readonly probability: number;
}

/** Predictions for one image, the most probable class first, or why it could not be read or classified. */
export type ImagePrediction =
  | { readonly image: string; readonly predictions: readonly ClassPrediction[] }
  | { readonly image: string; readonly error: string };

/** Images decoded at the same time; they may be large. */
const DECODED_AT_ONCE = 4;

/**
 * Classifies images, in order. An image that cannot be read, or for which the outputs are NaN or infinite, gets an `error` in
 * place of predictions; the others are classified.
 * @throws UsageError without images, or for an option that is not valid
 * @example
 * const [{ predictions }] = await predict(checkpoint, ['cat.jpg'], { top: 3 });
 */
export async function predict(
  checkpoint: Checkpoint,
  images: readonly ImageSource[],
  options: PredictOptions = {},
): Promise<ImagePrediction[]> {
  const call = 'predict(checkpoint, images, options?)';
  checkArgument.checkpoint(call, checkpoint);
  checkArgument.engine(call, options.engine);
  if (!Array.isArray(images)) throw wrongArgument(call, 'images', 'a list of paths, images or bytes', images);
  if (images.length === 0) throw new UsageError('there are no images to classify; give at least one.');
  checkOptions(predictOptions, { ...options });
  const { engine, top, batchSize } = withDefaults(predictOptions, options);
  const predictor = openPredictor(
    checkpoint,
    engine ?? (await openEngine()),
    Math.min(batchSize, images.length),
  );
  try {
    return await predictWith(predictor, checkpoint, images, top);
  } finally {
    predictor.dispose();
  }
}

/** `predict` with a predictor that is already open. */
export async function predictWith(
  predictor: Predictor,
  checkpoint: Checkpoint,
  images: readonly ImageSource[],
  top: number = predictOptions.top.default,
): Promise<ImagePrediction[]> {
  const results: ImagePrediction[] = [];
  for (let start = 0; start < images.length; start += predictor.batchSize) {
    const batch = images.slice(start, start + predictor.batchSize);
    results.push(...(await predictBatch(predictor, checkpoint, batch, top)));
  }
  return results;
}

async function predictBatch(
  predictor: Predictor,
  checkpoint: Checkpoint,
  sources: readonly ImageSource[],
  top: number,
): Promise<ImagePrediction[]> {
  const inputs = await readInputs(sources, checkpoint);
  const readable = [...inputs.keys()].filter((i) => !(inputs[i] instanceof FoveaError));
  const tensors = readable.map((i) => inputs[i] as FloatTensor);
  const outputs = tensors.length > 0 ? await predictor.forward(joined(tensors)) : undefined;
  const faults = outputs ? outputFaults(checkpoint, outputs, (row) => nameOf(sources[readable[row]])) : [];
  return inputs.map((input, i) => {
    const image = nameOf(sources[i]);
    const row = readable.indexOf(i);
    const fault = input instanceof FoveaError ? input : faults[row];
    if (fault) return { image, error: fault.message };
    if (!outputs) throw internal(`${image} was not classified`);
    return { image, predictions: highest(probabilitiesOf(outputs, row), checkpoint.classes, top) };
  });
}

/** Each image as input of the model, `[1, C, H, W]`, or the error. */
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

/** The `top` most probable classes; ties are in class order. */
function highest(probabilities: Float32Array, classes: readonly string[], top: number): ClassPrediction[] {
  return [...probabilities]
    .map((probability, index) => ({ label: classes[index], index, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
