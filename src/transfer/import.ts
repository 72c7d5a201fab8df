// Imports weights of other frameworks as a checkpoint, with a report of what was loaded.

import { checkArgument, checkObject, checkPath } from '../base/arguments.ts';
import { DataError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { openTensors, type Skipped, type TensorFile } from '../formats/index.ts';
import { initialize, type Model } from '../nn/index.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { defaultLoss } from '../train/index.ts';
import { ambiguousOptions, explainMisfit } from './advice.ts';
import { type Fit, findFit, misfitCount } from './fit.ts';
import { unfolded } from './folded.ts';
import type { Mismatch, WeightMapping } from './mapping.ts';
import { transpose } from './paddle.ts';
import { importedPreprocessing } from './preprocessing.ts';

/** Options of `importWeights`. */
export interface ImportOptions {
  /** The model that gets the weights. */
  readonly model: Model;
  /** Whether to accept a file that does not fit completely; other parameters are initialized. Defaults to false. */
  readonly partial?: boolean;
  /**
   * The part of the file to load: a key such as `state_dict_ema`, or a prefix of the names. Defaults to where training scripts
   * usually store the weights.
   */
  readonly part?: string;
  /** Names of the classes by index; two for a model with one output. Defaults to `0`, `1`, ... */
  readonly classes?: readonly string[];
  /** Preprocessing of images; defaults to `importedPreprocessing(model)`. */
  readonly preprocessing?: Preprocessing;
}

/** What was loaded from a file. */
export interface ImportReport {
  /** Whether tensors were matched by name or by order. */
  readonly by: WeightMapping['by'];
  /** The part of the file that was loaded, such as `state_dict`; empty for the whole file. */
  readonly part: string;
  /** Other parts that hold weights, such as `state_dict_ema`. */
  readonly otherParts: readonly string[];
  /** Whether batch normalization is folded into convolutions in the file. The model's then only adds their biases. */
  readonly foldedNormalization: boolean;
  /** Number of parameters and buffers that were loaded. */
  readonly loaded: number;
  /** Parameters and buffers without a tensor in the file. */
  readonly missing: readonly string[];
  /** Tensors of the file that are not the model's. */
  readonly unexpected: readonly string[];
  /** Parameters and buffers whose tensor has another shape. */
  readonly mismatched: readonly Mismatch[];
  /** Options of the model that cannot be inferred from the file, such as `stemStride=1`; other values fit as well. */
  readonly assumed: readonly string[];
  /** Tensors of the file that belong to no network or cannot be read, with reasons. */
  readonly skipped: readonly Skipped[];
}

/** A checkpoint, or a message why the file does not fit and what would. */
export type Imported = { readonly report: ImportReport } & (
  | { readonly checkpoint: Checkpoint }
  | { readonly fault: string }
);

/**
 * Imports weights from a PyTorch, Paddle, safetensors, NumPy or ONNX file. Names are matched with those of the model; names
 * of torchvision, Paddle, Keras, Flax and Hugging Face are understood. Code in pickle files is never executed.
 * @throws DataError if the file is damaged, or its weights are not floating-point numbers
 * @example
 * const imported = await importWeights('resnet18.pth', { model: createModel('resnet18') });
 * if ('fault' in imported) throw new Error(imported.fault);
 * await saveCheckpoint('resnet18.safetensors', imported.checkpoint);
 */
export async function importWeights(path: string, options: ImportOptions): Promise<Imported> {
  checkPath('importWeights(path, { model })', 'path', path);
  checkObject('importWeights(path, { model })', 'options', options, ['model']);
  checkArgument.model('importWeights(path, { model })', options.model);
  const { model, partial = false, part } = options;
  const file = await openTensors(path, part === undefined ? {} : { part });
  try {
    const fit = findFit(model, file);
    const report = importReport(file, model, fit);
    const fault = partial && report.loaded > 0 ? undefined : explainMisfit(file, model, fit.mapping);
    if (fault !== undefined) return { report, fault };
    const weights = await readWeights(file, model, fit);
    return { report, checkpoint: createCheckpoint(weights, options) };
  } finally {
    await file.close();
  }
}

function importReport(file: TensorFile, model: Model, { mapping, folded }: Fit): ImportReport {
  const { by, assigned, missing, unexpected, mismatched, skipped, prefix, otherPrefixes } = mapping;
  const pathInFile = (prefix: string) =>
    [file.part, prefix.replace(/\.$/, '')].filter((key) => key !== '').join('.');
  return {
    by,
    part: pathInFile(prefix),
    otherParts: [...file.otherParts, ...otherPrefixes.map(pathInFile)],
    foldedNormalization: folded.length > 0,
    loaded: assigned.length,
    missing,
    unexpected,
    mismatched,
    assumed: misfitCount(mapping) === 0 && folded.length === 0 ? ambiguousOptions(file, model) : [],
    skipped,
  };
}

function createCheckpoint(weights: Map<string, FloatTensor>, options: ImportOptions): Checkpoint {
  const { model, preprocessing = importedPreprocessing(model) } = options;
  const count = Math.max(2, model.classes);
  const { classes = Array.from({ length: count }, (_, i) => String(i)) } = options;
  return { model, weights, preprocessing, classes, loss: defaultLoss(model) };
}

/** Values of all parameters: from the file, or else initial values. */
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
  return initialize(model.network, model.init, 0, unfolded(weights, folded));
}

function floats(tensor: Tensor, place: string): FloatTensor {
  if (tensor.dtype === 'float32') return tensor as FloatTensor;
  throw new DataError(
    `${place} contains integers; expected floating-point weights. Quantized weights are not supported.`,
  );
}
