// Imports the weights of another framework: a checkpoint of a model, and what of the file went where.

import { checkArgument, checkObject, checkPath } from '../base/arguments.ts';
import { DataError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import type { Preprocessing } from '../data/transforms.ts';
import { openTensors, type Skipped, type TensorFile } from '../formats/index.ts';
import { initialise, type Model } from '../nn/index.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { defaultLoss } from '../train/index.ts';
import { faultOf, untoldOptions } from './advice.ts';
import { type Fit, faultCount, fitOf } from './fit.ts';
import { unfolded } from './folded.ts';
import type { Mismatch, WeightMapping } from './mapping.ts';
import { transpose } from './paddle.ts';
import { importedPreprocessing } from './preprocessing.ts';

export interface ImportOptions {
  readonly model: Model;
  /** Takes a file that does not fit in every part; parameters without values of the right shape keep starting values. */
  readonly partial?: boolean;
  /**
   * The part of the file to take: a key such as `state_dict_ema`, or what names begin with. Where training scripts usually
   * put the weights unless given.
   */
  readonly part?: string;
  /** Names of the classes by index; two for a model with one output. Numbers unless given. */
  readonly classes?: readonly string[];
  /** What is done to an image first; as `importedPreprocessing` says unless given. */
  readonly preprocessing?: Preprocessing;
}

/** What of a file went where. */
export interface ImportReport {
  readonly by: WeightMapping['by'];
  /** The part of the file that was taken, such as `state_dict`; empty for the whole file. */
  readonly part: string;
  /** Other parts that hold weights, such as `state_dict_ema`. */
  readonly otherParts: readonly string[];
  /** Whether the file has batch normalization folded into convolutions; the model's then only adds their biases. */
  readonly foldedNormalization: boolean;
  /** Parameters and buffers that got their values from the file. */
  readonly loaded: number;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
  /** Options of the model that cannot be inferred from the file, as `stemStride=1`: other values fit it as well. */
  readonly assumed: readonly string[];
  /** Skipped parts of the file, which belong to no network or cannot be read, and why. */
  readonly skipped: readonly Skipped[];
}

/** What was made of the file, or why nothing was and what to do. */
export type Imported = { readonly report: ImportReport } & (
  | { readonly checkpoint: Checkpoint }
  | { readonly fault: string }
);

/**
 * Reads weights from a file of PyTorch, Paddle, safetensors, NumPy or ONNX, whose names are matched with the model's.
 * @throws DataError if the file is damaged or holds no floating-point weights where the model has them
 */
export async function importWeights(path: string, options: ImportOptions): Promise<Imported> {
  checkPath('importWeights(path, { model })', 'path', path);
  checkObject('importWeights(path, { model })', 'options', options, ['model']);
  checkArgument.model('importWeights(path, { model })', options.model);
  const { model, partial = false, part } = options;
  const file = await openTensors(path, part === undefined ? {} : { part });
  try {
    const fit = fitOf(model, file);
    const report = reportOf(file, model, fit);
    const fault = partial && report.loaded > 0 ? undefined : faultOf(file, model, fit.mapping);
    if (fault !== undefined) return { report, fault };
    const weights = await readWeights(file, model, fit);
    return { report, checkpoint: checkpointOf(weights, options) };
  } finally {
    await file.close();
  }
}

function reportOf(file: TensorFile, model: Model, { mapping, folded }: Fit): ImportReport {
  const { by, assigned, missing, unexpected, mismatched, skipped, prefix, otherPrefixes } = mapping;
  const inFile = (before: string) =>
    [file.part, before.replace(/\.$/, '')].filter((key) => key !== '').join('.');
  return {
    by,
    part: inFile(prefix),
    otherParts: [...file.otherParts, ...otherPrefixes.map(inFile)],
    foldedNormalization: folded.length > 0,
    loaded: assigned.length,
    missing,
    unexpected,
    mismatched,
    assumed: faultCount(mapping) === 0 && folded.length === 0 ? untoldOptions(file, model) : [],
    skipped,
  };
}

function checkpointOf(weights: Map<string, FloatTensor>, options: ImportOptions): Checkpoint {
  const { model, preprocessing = importedPreprocessing(model) } = options;
  const count = Math.max(2, model.classes);
  const { classes = Array.from({ length: count }, (_, i) => String(i)) } = options;
  return { model, weights, preprocessing, classes, loss: defaultLoss(model) };
}

/** Values of all parameters: the file's where it has them, else starting values. */
async function readWeights(
  file: TensorFile,
  model: Model,
  { mapping: { assigned }, folded }: Fit,
): Promise<Map<string, FloatTensor>> {
  const weights = new Map<string, FloatTensor>();
  for (const { name, source, transposed } of assigned) {
    const tensor = floats(await file.read(source), `${file.path}: tensor "${source}"`);
    weights.set(name, transposed ? transpose(tensor) : tensor);
  }
  return initialise(model.network, model.init, 0, unfolded(weights, folded));
}

function floats(tensor: Tensor, place: string): FloatTensor {
  if (tensor.dtype === 'float32') return tensor as FloatTensor;
  throw new DataError(
    `${place} holds whole numbers; Fovea takes floating-point weights, not quantised ones.`,
  );
}
