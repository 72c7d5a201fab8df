// Exports a checkpoint to a file that others read, and checks the file against the checkpoint before it is called done.
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { checkArgument, checkPath } from '../base/arguments.ts';
import { DataError, EngineError, UsageError } from '../base/errors.ts';
import {
  type Checkpoint,
  describeCheckpoint,
  describeNonFinite,
  withChecksums,
} from '../checkpoints/index.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { inferenceModel } from '../engines/onnx/inference.ts';
import { runModelFile } from '../engines/onnx/runtime.ts';
import { writeModel } from '../engines/onnx/writer.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { checkFinite, openPredictor } from '../evaluation/index.ts';
import { readTensors, writeNpz, writePaddle, writeSafetensors } from '../formats/index.ts';
import type { Model } from '../nn/index.ts';
import { forwardProgram } from '../program/programs.ts';
import { replaceFile } from '../system/files.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { paddleWeights } from './paddle.ts';

export interface ExportOptions {
  /**
   * What the file's outputs are compared with. Defaults to the reference engine for networks that it computes within
   * seconds, and to the best engine that runs here for larger ones.
   */
  readonly engine?: Engine;
  /** ONNX only: whether batch normalisation stays an operator of its own; folded into convolutions unless given. */
  readonly keepNormalization?: boolean;
}

export interface Exported {
  readonly file: string;
  readonly bytes: number;
  /** ONNX: the largest difference of a logit to the checkpoint's; weight files: of a weight. */
  readonly maxDifference: number;
}

type Exporter = (path: string, checkpoint: Checkpoint, options: ExportOptions) => Promise<number>;

const exporters: Readonly<Record<string, Exporter>> = {
  '.onnx': exportOnnx,
  '.safetensors': (path, checkpoint) =>
    exportWeights(path, checkpoint.weights, () =>
      // PyTorch's own tools look for the format.
      writeSafetensors(
        path,
        checkpoint.weights,
        withChecksums({ format: 'pt', ...describeCheckpoint(checkpoint) }, checkpoint.weights),
      ),
    ),
  '.npz': (path, { weights }) => exportWeights(path, weights, () => writeNpz(path, weights)),
  '.pdparams': (path, checkpoint) => {
    const weights = paddleWeights(checkpoint.weights);
    return exportWeights(path, weights, () => writePaddle(path, weights));
  },
};

/** More than one image, so that a model that only takes one is found out. */
const CHECKED_IMAGES = 2;
/** Most multiply-adds for the reference engine, which then takes seconds: up to MobileNet at 224x224. */
const REFERENCE_MACS = 1.5e9;
/** Of the largest logit. */
const TOLERANCE = 1e-4;

/**
 * Writes what predicts, without what only training needs, in the format that the file's ending names.
 * `.onnx`: opset 18, any number of images `[N, C, H, W]` in, `logits` and `probabilities` `[N, K]` out; preprocessing and
 * names of the classes are in the metadata. `.safetensors` and `.npz`: weights under torchvision's names. `.pdparams`: under
 * Paddle's, laid out as Paddle does.
 * @throws UsageError for another ending
 * @throws DataError if weights or outputs are not finite, or the file cannot be written or does not hold what it should
 */
export async function exportCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: ExportOptions = {},
): Promise<Exported> {
  checkPath('exportCheckpoint(path, checkpoint, options?)', 'path', path);
  checkArgument.checkpoint('exportCheckpoint(path, checkpoint, options?)', checkpoint);
  const ending = extname(path).toLowerCase();
  const exporter = exporters[ending];
  if (!exporter) {
    throw new UsageError(
      `"${path}" ends with "${ending}"; name the format by its ending: ${Object.keys(exporters).join(', ')}.`,
    );
  }
  const fault = describeNonFinite(checkpoint.weights);
  if (fault) throw new DataError(`${checkpoint.model.name} cannot be exported: ${fault}.`);
  const maxDifference = await exporter(path, checkpoint, options);
  const { size } = await stat(path);
  return { file: path, bytes: size, maxDifference };
}

async function exportOnnx(path: string, checkpoint: Checkpoint, options: ExportOptions): Promise<number> {
  const { model, loss, weights } = checkpoint;
  const engine = options.engine ?? (await judge(checkpoint));
  const images = randomImages([CHECKED_IMAGES, ...model.input]);
  const expected = await logitsOf(checkpoint, images, engine);
  checkFinite(checkpoint, expected, () => 'a random image');
  const onnx = inferenceModel(forwardProgram(model, { batchSize: 1, loss }), {
    weights,
    fold: !options.keepNormalization,
    metadata: describeCheckpoint(checkpoint),
  });
  await replaceFile(path, [writeModel(onnx)]);
  return compareModelFile(path, images, expected, `${model.name} on the ${engine.name} engine`);
}

/**
 * Runs the file as ONNX Runtime does by default, and with its graph as written: a rewrite that changes results shows in a
 * difference between the two, whatever computed the logits that are expected.
 * @param source what the expected logits come from
 * @returns the largest difference to the expected logits
 */
async function compareModelFile(
  path: string,
  images: FloatTensor,
  expected: FloatTensor,
  source: string,
): Promise<number> {
  const { logits: optimized } = await runModelFile(path, { images });
  const { logits: asWritten } = await runModelFile(path, { images }, 'disabled');
  const limit = TOLERANCE * Math.max(...expected.data.map(Math.abs));
  const [difference, written] = [optimized, asWritten].map((logits) =>
    largestDifference(logits.data, expected.data),
  ) as [number, number];
  if (difference <= limit && written <= limit) return Math.max(difference, written);
  throw new EngineError(
    `${path}: its logits differ from those of ${source} by up to ${difference.toPrecision(2)}, and by ` +
      `${written.toPrecision(2)} without ONNX Runtime's graph optimizations; expected at most ${limit.toPrecision(2)}. ` +
      'Check with `fovea verify` which engine is wrong.',
  );
}

/** The engine for the expected logits: the reference engine, if it takes only a few seconds. */
async function judge({ model }: Checkpoint): Promise<Engine> {
  return CHECKED_IMAGES * macsOf(model) <= REFERENCE_MACS ? referenceEngine : openEngine();
}

/** Multiply-adds of a forward pass of one image. */
function macsOf(model: Model): number {
  const { nodes } = forwardProgram(model, { batchSize: 1 });
  return nodes.reduce(
    (sum, { operator, inputs, outputs, attributes }) =>
      sum + (operator.cost?.(inputs, outputs, attributes).macs ?? 0),
    0,
  );
}

async function exportWeights(
  path: string,
  weights: Checkpoint['weights'],
  write: () => Promise<void>,
): Promise<number> {
  await write();
  const { tensors } = await readTensors(path);
  const differences = [...weights].map(([name, { data }]) =>
    largestDifference(tensors.get(name)?.data ?? [], data),
  );
  const difference = Math.max(...differences);
  if (difference === 0) return difference;
  throw new DataError(`${path}: does not hold the weights that were written; check the disk.`);
}

async function logitsOf(checkpoint: Checkpoint, images: FloatTensor, engine: Engine): Promise<FloatTensor> {
  const session = openPredictor(checkpoint, engine, CHECKED_IMAGES);
  try {
    return (await session.forward(images)).logits;
  } finally {
    session.dispose();
  }
}

/** Normally distributed, as preprocessed images are about. */
function randomImages(shape: readonly number[]): FloatTensor {
  const stream = new RandomStream(0, 'images');
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => stream.normal(index)),
  );
}

/** NaN where one of them has a value that the other lacks. */
function largestDifference(got: ArrayLike<number>, expected: Float32Array): number {
  return expected.reduce((largest, value, i) => {
    const difference = Math.abs(value - got[i]);
    return difference <= largest || Number.isNaN(largest) ? largest : difference;
  }, 0);
}
