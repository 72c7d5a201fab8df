// Exports a checkpoint to a file that others read, and checks the file against the checkpoint before it is called done.
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Engine, openEngine } from '../engines/index.ts';
import { inferenceModel } from '../engines/onnx/inference.ts';
import { runModelFile } from '../engines/onnx/runtime.ts';
import { writeModel } from '../engines/onnx/writer.ts';
import { readTensors, writeNpz, writeSafetensors } from '../formats/index.ts';
import { forwardStep } from '../program/steps.ts';
import { replaceFile } from '../system/files.ts';
import { DataError, EngineError, UsageError } from '../tensor/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import {
  type Checkpoint,
  checkFinite,
  describeCheckpoint,
  describeNonFinite,
  openSession,
  withChecksums,
} from '../train/index.ts';

export interface ExportOptions {
  /** What the file's outputs are compared with; the best engine that runs here, unless given. */
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
    exportWeights(path, checkpoint, () =>
      // PyTorch's own tools look for the format.
      writeSafetensors(
        path,
        checkpoint.weights,
        withChecksums({ format: 'pt', ...describeCheckpoint(checkpoint) }, checkpoint.weights),
      ),
    ),
  '.npz': (path, checkpoint) => exportWeights(path, checkpoint, () => writeNpz(path, checkpoint.weights)),
};

/** More than one image, so that a model that only takes one is found out. */
const CHECKED_IMAGES = 2;
/** Of the largest logit. */
const TOLERANCE = 1e-4;

/**
 * Writes what predicts, without what only training needs, in the format that the file's ending names.
 * `.onnx`: opset 18, any number of images `[N, C, H, W]` in, `logits` and `probabilities` `[N, K]` out; preprocessing and
 * names of the classes are in the metadata. `.safetensors` and `.npz`: weights under torchvision's names.
 * @throws UsageError for another ending
 * @throws DataError if weights or outputs are not finite, or the file cannot be written or does not hold what it should
 */
export async function exportCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: ExportOptions = {},
): Promise<Exported> {
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
  const images = randomImages([CHECKED_IMAGES, ...model.input]);
  const expected = await logitsOf(checkpoint, images, options.engine ?? (await openEngine()));
  checkFinite(checkpoint, expected, () => 'a random image');
  const onnx = inferenceModel(forwardStep(model, { batchSize: 1, loss }), {
    weights,
    fold: !options.keepNormalization,
    metadata: describeCheckpoint(checkpoint),
  });
  await replaceFile(path, [writeModel(onnx)]);
  const { logits } = await runModelFile(path, { images });
  const difference = largestDifference(logits!.data, expected.data);
  const limit = TOLERANCE * Math.max(...expected.data.map(Math.abs));
  if (difference <= limit) return difference;
  throw new EngineError(
    `${path}: its logits differ from those of ${model.name} by up to ${difference.toPrecision(2)}, expected at most ` +
      `${limit.toPrecision(2)}; check with \`fovea verify ${model.name}\` which engine is wrong.`,
  );
}

async function exportWeights(
  path: string,
  { weights }: Checkpoint,
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
  const session = openSession(checkpoint, engine, CHECKED_IMAGES);
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
    const difference = Math.abs(value - got[i]!);
    return difference <= largest || Number.isNaN(largest) ? largest : difference;
  }, 0);
}
