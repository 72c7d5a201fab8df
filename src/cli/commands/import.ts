// fovea import: the weights of another framework as a checkpoint.
import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { DataError, UsageError } from '../../base/errors.ts';
import { saveCheckpoint } from '../../checkpoints/index.ts';
import { className } from '../../data/label-notes.ts';
import { readText } from '../../data/text.ts';
import type { Model } from '../../nn/index.ts';
import {
  type ImportReport,
  importedPreprocessing,
  importWeights,
  type PixelStatistics,
} from '../../transfer/index.ts';
import { reportError, reportNote, status } from '../failure.ts';
import {
  buildModel,
  type ImageShape,
  imageShape,
  type JsonOptions,
  type ModelChoice,
  withJson,
  withModelOptions,
} from '../options.ts';
import { openOutput } from '../output.ts';

interface ImportCommandOptions extends ModelChoice, JsonOptions {
  readonly model: string;
  readonly input?: ImageShape;
  readonly labels?: string;
  readonly encoding?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly partial?: boolean;
  readonly weightsKey?: string;
  readonly out?: string;
}

export function configure(command: Command): void {
  command
    .argument('<weights>', 'a file of PyTorch, Paddle, safetensors, NumPy (.npz) or ONNX')
    .requiredOption('--model <name>', 'the network that the weights are for, see `fovea models`')
    .option('--input <C,H,W>', "channels, height, width (default: the network's)", imageShape)
    .option('--labels <file>', 'names of the classes, one a line (default: their numbers)')
    .option('--encoding <name>', 'encoding of the file of --labels, such as latin1 (default: utf-8)')
    .option(
      '--mean <list>',
      'mean of each channel that training took off, such as 0.485,0.456,0.406',
      numbers,
    )
    .option('--std <list>', 'standard deviation of each channel that training divided by', numbers)
    .option(
      '--weights-key <key>',
      'part of the file to take, such as state_dict_ema (default: where the weights usually are)',
    )
    .option('--partial', 'take what fits; the rest keeps starting values')
    .option('--out <file>', 'the checkpoint to write (default: NAME.fovea.safetensors here)');
  withJson(withModelOptions(command))
    .addHelpText(
      'after',
      '\nMean and deviation are of pixels 0..1, or of pixels 0..255 if any is above 1. Without them pixels are brought' +
        '\nto -1..1. Pictures for inputs of 128 pixels or more are resized to 8/7 of that and cut, as torchvision does.' +
        '\nNothing in a weight file is ever executed.\n\nExample:\n' +
        '  $ fovea import resnet18.pth --model resnet18 --labels classes.txt \\\n' +
        '      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
    )
    .action(runImport);
}

async function runImport(weights: string, options: ImportCommandOptions): Promise<void> {
  const { labels, encoding, partial = false, json, input, weightsKey } = options;
  if (encoding !== undefined && labels === undefined)
    throw new UsageError('--encoding is about the file of --labels; give both.');
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

function statisticsOf({ mean, std }: ImportCommandOptions): PixelStatistics | undefined {
  if (!mean && !std) return undefined;
  if (mean && std) return { mean, std };
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
      `${path}: names ${labels.length} classes, one a line, but the model has ${expected}.`,
    );
  const repeated = labels.filter((name, index) => labels.indexOf(name) !== index);
  if (repeated.length > 0)
    reportNote(
      `${path}: names several classes ${[...new Set(repeated)].slice(0, 5).join(', ')}; evaluation by name finds the first of them.`,
    );
  return labels;
}

function numbers(text: string): readonly number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('It must be numbers with commas between them, such as 0.485,0.456,0.406.');
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
