// Imports the weights of another framework: a checkpoint of a model, and what of the file went where.
import type { Preprocessing } from '../data/transforms.ts';
import { openTensors, type TensorFile } from '../formats/index.ts';
import { createModel, modelNames } from '../models/zoo.ts';
import { initialise, type Model, namedParameters } from '../nn/index.ts';
import { checkArgument, checkObject, checkPath } from '../tensor/arguments.ts';
import { DataError } from '../tensor/errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type Tensor } from '../tensor/tensor.ts';
import { type Checkpoint, defaultLoss } from '../train/index.ts';
import { type Assignment, type Mismatch, mapWeights, type WeightMapping } from './mapping.ts';
import { importedPreprocessing } from './preprocessing.ts';

export interface ImportOptions {
  readonly model: Model;
  /** Takes a file that does not fit in every part; parameters without values of the right shape keep starting values. */
  readonly partial?: boolean;
  /** Names of the classes by index; two for a model with one output. Numbers unless given. */
  readonly classes?: readonly string[];
  /** What is done to an image first; as `importedPreprocessing` says unless given. */
  readonly preprocessing?: Preprocessing;
}

/** What of a file went where. */
export interface ImportReport {
  readonly by: WeightMapping['by'];
  /** Parameters and buffers that got their values from the file. */
  readonly loaded: number;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
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
  const file = await openTensors(path);
  try {
    const { model, partial = false } = options;
    const mapping = mapWeights(namedParameters(model.network), file);
    const report = reportOf(mapping);
    const fault = partial && report.loaded > 0 ? undefined : faultOf(file, model, mapping);
    if (fault !== undefined) return { report, fault };
    const weights = await readWeights(file, model, mapping.assigned);
    return { report, checkpoint: checkpointOf(weights, options) };
  } finally {
    await file.close();
  }
}

function reportOf({ assigned, ...rest }: WeightMapping): ImportReport {
  return { loaded: assigned.length, ...rest };
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
  assigned: readonly Assignment[],
): Promise<Map<string, FloatTensor>> {
  const weights = new Map<string, FloatTensor>();
  for (const { name, source, transposed } of assigned) {
    const tensor = floats(await file.read(source), `${file.path}: tensor "${source}"`);
    weights.set(name, transposed ? transpose(tensor) : tensor);
  }
  return initialise(model.network, model.init, 0, weights);
}

function floats(tensor: Tensor, place: string): FloatTensor {
  if (tensor.dtype === 'float32') return tensor as FloatTensor;
  throw new DataError(
    `${place} holds whole numbers; Fovea takes floating-point weights, not quantised ones.`,
  );
}

/** `[rows, columns]` -> `[columns, rows]` */
function transpose({ shape, data }: FloatTensor): FloatTensor {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = data[row * columns + column]!;
    }
  }
  return floatTensor([columns, rows], turned);
}

/** What does not fit, in words, with what would; undefined if everything does. */
function faultOf(file: TensorFile, model: Model, mapping: WeightMapping): string | undefined {
  if (faultCount(mapping) === 0) return undefined;
  const { missing, unexpected, mismatched, assigned } = mapping;
  const shapes = mismatched.map(
    ({ name, expected, got }) => `${name} is ${formatShape(got)} instead of ${formatShape(expected)}`,
  );
  const parts = [
    listed(missing, 'missing'),
    listed(unexpected, 'unexpected'),
    listed(shapes, 'of another shape'),
  ];
  const found = parts.filter((part) => part !== '').join('; ');
  const advice = adviceFor(file, model, mapping);
  return `${file.path}: ${assigned.length} of its tensors fit ${model.name}, but ${found}. ${advice}`;
}

function listed(items: readonly string[], what: string): string {
  if (items.length === 0) return '';
  const shown = items.slice(0, 4).join(', ');
  return `${items.length} are ${what} (${shown}${items.length > 4 ? ', ...' : ''})`;
}

function adviceFor(file: TensorFile, model: Model, mapping: WeightMapping): string {
  const advice = [classesAdvice(model, mapping) ?? nearestModel(file, model, mapping)];
  if (mapping.assigned.length > 0) {
    advice.push(
      'To take what fits and leave the rest at starting values, allow a partial import (--partial).',
    );
  }
  return advice.join(' ');
}

/** The number of classes that the file is for, if that is all that differs. */
function classesAdvice({ classes }: Model, { mismatched, missing }: WeightMapping): string | undefined {
  const extents = mismatched.map(({ expected, got }) => (expected[0] === classes ? got[0] : undefined));
  const [first] = extents;
  if (first === undefined || missing.length > 0 || extents.some((extent) => extent !== first))
    return undefined;
  return `The file is for ${first} classes: build the model with that many.`;
}

/** The network of the zoo that the file fits best, if it fits it better than `model`. */
function nearestModel(file: TensorFile, model: Model, mapping: WeightMapping): string {
  const candidates = modelNames.map((name) => {
    const { network } = createModel(name, { classes: model.classes });
    return { name, faults: faultCount(mapWeights(namedParameters(network), file)) };
  });
  const best = candidates.reduce((a, b) => (b.faults < a.faults ? b : a));
  const fits = best.faults < faultCount(mapping) && best.faults < file.tensors.size;
  return fits ? `${best.name} fits it better.` : 'No network of the zoo fits it better.';
}

function faultCount({ missing, unexpected, mismatched }: WeightMapping): number {
  return missing.length + unexpected.length + mismatched.length;
}
