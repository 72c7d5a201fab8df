// fovea import: convert the weights of another framework to a checkpoint.
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { DataError, UsageError } from '../../base/errors.ts';
import { flag, type OptionTable, option, type SettledOf, text } from '../../base/option.ts';
import { saveCheckpoint } from '../../checkpoints/index.ts';
import { className } from '../../data/label-notes.ts';
import { readText } from '../../data/table/text.ts';
import type { Model } from '../../nn/index.ts';
import { modelOptions } from '../../recipe/options.ts';
import {
  type ImportReport,
  importedPreprocessing,
  importWeights,
  type PixelStatistics,
} from '../../transfer/index.ts';
import { reportError, reportNote } from '../failure.ts';
import { addOptions, buildModel, jsonOption } from '../options.ts';
import { openOutput } from '../output.ts';
import { status } from '../status.ts';

const options = {
  model: option(text, 'model', 'network of the weights, see `fovea models`', {
    required: true,
    placeholder: 'name',
  }),
  input: option({ type: 'shape', axes: ['C', 'H', 'W'] }, 'input', 'input shape: channels, height, width', {
    defaultText: "the network's",
  }),
  labels: option(text, 'labels', 'file with the class names, one per line', {
    defaultText: 'numbers',
    placeholder: 'file',
  }),
  encoding: option(text, 'encoding', 'encoding of the --labels file, such as latin1', {
    defaultText: 'utf-8',
    placeholder: 'name',
  }),
  mean: option(text, 'mean', 'mean per channel used in training, such as 0.485,0.456,0.406', {
    placeholder: 'list',
  }),
  std: option(text, 'std', 'standard deviation per channel used in training', { placeholder: 'list' }),
  weightsKey: option(text, 'weights key', 'part of the file with the weights, such as state_dict_ema', {
    defaultText: 'detected',
  }),
  partial: option(flag, 'partial', 'load what fits; the rest keeps its initial weights'),
  out: option(text, 'output file', 'checkpoint to write', { defaultText: 'NAME.fovea.safetensors' }),
  ...modelOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type ImportChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command.argument('<weights>', 'file of PyTorch, Paddle, safetensors, NumPy (.npz) or ONNX');
  addOptions(command, options).addHelpText('after', furtherHelp).action(runImport);
}

const furtherHelp = `
Mean and standard deviation are for pixels in 0..1, or for pixels in 0..255 if a value is above 1. By default pixels are scaled
to -1..1. Images for inputs of 128 pixels or more are resized to 8/7 of the input and center-cropped, as in torchvision. Nothing
in a weight file is ever executed.

Example:
  $ fovea import resnet18.pth --model resnet18 --labels classes.txt \\
      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225`;

async function runImport(weights: string, options: ImportChoice): Promise<void> {
  const { labels, encoding, partial = false, json, input, weightsKey } = options;
  if (encoding !== undefined && labels === undefined)
    throw new UsageError('--encoding is for the --labels file; give both.');
  const model = buildModel(options.model, options, input);
  const imported = await importWeights(weights, {
    model,
    partial,
    ...(weightsKey !== undefined && { part: weightsKey }),
    preprocessing: importedPreprocessing(model, statisticsOf(options)),
    ...(labels !== undefined && { classes: await readLabels(labels, encoding, model) }),
  });
  const { out = `${basename(weights, extname(weights))}.fovea.safetensors` } = options;
  if ('checkpoint' in imported) await saveCheckpoint(out, imported.checkpoint);
  const result = { ...imported.report, out: 'checkpoint' in imported ? out : null };
  openOutput(json).result(result, () => formatReport(result));
  if (!('fault' in imported)) return;
  reportError(imported.fault);
  process.exitCode = status.failed;
}

function statisticsOf({ mean, std }: ImportChoice): PixelStatistics | undefined {
  if (!mean && !std) return undefined;
  if (mean && std) return { mean: parseNumbers('mean', mean), std: parseNumbers('std', std) };
  throw new UsageError('--mean and --std go together; give both.');
}

async function readLabels(path: string, encoding: string | undefined, { classes }: Model): Promise<string[]> {
  const labels = (await readText(path, encoding))
    .split(/\r\n|\r|\n/)
    .map(className)
    .filter((line) => line !== '');
  const expected = Math.max(2, classes);
  if (labels.length !== expected)
    throw new DataError(
      `${path}: has ${labels.length} class names, but the model has ${expected} classes; write one name per line.`,
    );
  const repeated = labels.filter((name, index) => labels.indexOf(name) !== index);
  if (repeated.length > 0)
    reportNote(
      `${path}: has repeated class names (${[...new Set(repeated)].slice(0, 5).join(', ')}); evaluation by name uses the first of them.`,
    );
  return labels;
}

function parseNumbers(name: string, list: string): readonly number[] {
  const values = list.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new UsageError(
    `${name} must be numbers separated by commas, such as 0.485,0.456,0.406, got "${list}".`,
  );
}

const MAX_LISTED = 10;

function formatReport(report: ImportReport & { out: string | null }): string {
  const { by, part, otherParts, loaded, missing, unexpected, mismatched, assumed, skipped, out } = report;
  const lines = [
    ['loaded', `${loaded}${by === 'order' ? ' (no name fitted: by the order of their shapes)' : ''}`],
    ['missing', missing.length],
    ['unexpected', unexpected.length],
    ['mismatched', mismatched.length],
    ['skipped', skipped.length],
    ...(part === '' ? [] : [['taken from', part]]),
    ...(otherParts.length === 0
      ? []
      : [['also there', `${shortList(otherParts)} (choose by --weights-key)`]]),
    ...(assumed.length === 0 ? [] : [['assumed', `${assumed.join(', ')} (weights do not tell)`]]),
    ...(out === null ? [] : [['written to', out]]),
  ];
  return [...lines.map(([name, value]) => `${`${name}`.padEnd(13)}${value}`), ...notes(report)].join('\n');
}

function notes({ foldedNormalization, skipped }: ImportReport): string[] {
  const lines = skipped.slice(0, MAX_LISTED).map(({ name, reason }) => `skipped ${name}: ${reason}`);
  const more = skipped.length > MAX_LISTED ? [`and ${skipped.length - MAX_LISTED} more`] : [];
  const folded = foldedNormalization
    ? [
        'The file has batch normalization folded into its convolutions. The checkpoint predicts the same; its own batch',
        'normalization only adds biases, so training it further does not continue where the file came from.',
      ]
    : [];
  return [...lines, ...more, ...folded];
}

function shortList(items: readonly string[]): string {
  return items.slice(0, MAX_LISTED).join(', ') + (items.length > MAX_LISTED ? ', ...' : '');
}
