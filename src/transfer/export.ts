// Exports a checkpoint to a file of another format, and checks the file against the checkpoint.
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

/** Options of `exportCheckpoint`. */
export interface ExportOptions {
  /**
   * The engine whose outputs the file is checked against. Defaults to the reference engine for networks that it runs within
   * seconds, and to the fastest engine available for larger ones.
   */
  readonly engine?: Engine;
  /** ONNX only: whether batch normalization stays separate instead of being folded into convolutions. Defaults to false. */
  readonly keepNormalization?: boolean;
}

/** An exported file. */
export interface Exported {
  /** Path of the file. */
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Largest absolute difference from the checkpoint: of a logit (ONNX), or of a weight (other formats). */
  readonly maxDifference: number;
}

type Exporter = (path: string, checkpoint: Checkpoint, options: ExportOptions) => Promise<number>;

const exporters: Readonly<Record<string, Exporter>> = {
  '.onnx': exportOnnx,
  '.safetensors': (path, checkpoint) =>
    exportWeights(path, checkpoint.weights, () =>
      // PyTorch's tools expect the key `format`.
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

/** More than one image, to detect files that support only one. */
const CHECKED_IMAGES = 2;
/** Limit of the reference engine, which then takes seconds: up to MobileNet at 224x224. */
const REFERENCE_MACS = 1.5e9;
/** Relative to the largest logit. */
const TOLERANCE = 1e-4;

/**
 * Exports a checkpoint for inference, in the format of the file extension, and checks the file.
 * - `.onnx`: opset 18. Input `images` `[N, C, H, W]` for any N; outputs `logits` and `probabilities` `[N, K]`. Preprocessing
 *   and class names are in the metadata.
 * - `.safetensors`, `.npz`: weights with torchvision's names.
 * - `.pdparams`: weights with Paddle's names and layout.
 * @throws UsageError for other extensions
 * @throws DataError if weights or outputs are not finite, or the file cannot be written or differs from the checkpoint
 * @throws EngineError if the outputs of an ONNX file differ from those of the checkpoint
 * @example
 * await exportCheckpoint('digits.onnx', await loadCheckpoint('runs/mnist/best.safetensors'));
 */
export async function exportCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: ExportOptions = {},
): Promise<Exported> {
  checkPath('exportCheckpoint(path, checkpoint, options?)', 'path', path);
  checkArgument.checkpoint('exportCheckpoint(path, checkpoint, options?)', checkpoint);
  const extension = extname(path).toLowerCase();
  const exporter = exporters[extension];
  if (!exporter) {
    throw new UsageError(
      `the file extension must be one of ${Object.keys(exporters).join(', ')}, got "${path}".`,
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
  const engine = options.engine ?? (await chooseEngine(checkpoint));
  const images = randomImages([CHECKED_IMAGES, ...model.input]);
  const expected = await computeLogits(checkpoint, images, engine);
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
 * Runs the file in ONNX Runtime with and without graph optimizations, so that an optimization that changes results is found.
 * @param source of the expected logits, for the error message
 * @returns the largest absolute difference from the expected logits
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
      'Run `fovea verify` to find out which engine is wrong.',
  );
}

/** The engine that computes the expected logits: the reference engine, if it takes only a few seconds. */
async function chooseEngine({ model }: Checkpoint): Promise<Engine> {
  return CHECKED_IMAGES * countMacs(model) <= REFERENCE_MACS ? referenceEngine : openEngine();
}

/** Multiply-adds of a forward pass of one image. */
function countMacs(model: Model): number {
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
  throw new DataError(`${path}: the file differs from the weights that were written; check the disk.`);
}

async function computeLogits(
  checkpoint: Checkpoint,
  images: FloatTensor,
  engine: Engine,
): Promise<FloatTensor> {
  const session = openPredictor(checkpoint, engine, CHECKED_IMAGES);
  try {
    return (await session.forward(images)).logits;
  } finally {
    session.dispose();
  }
}

/** Normally distributed, roughly like preprocessed images. */
function randomImages(shape: readonly number[]): FloatTensor {
  const stream = new RandomStream(0, 'images');
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => stream.normal(index)),
  );
}

/** Largest absolute difference; NaN if a value is missing or NaN. */
function largestDifference(got: ArrayLike<number>, expected: Float32Array): number {
  return expected.reduce((largest, value, i) => {
    const difference = Math.abs(value - got[i]);
    return difference <= largest || Number.isNaN(largest) ? largest : difference;
  }, 0);
}
