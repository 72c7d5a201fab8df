// fovea evaluate: how good a checkpoint is on a data set.
import type { Command } from 'commander';
import { visible } from '../../base/visible.ts';
import { selectSplit, splitNames } from '../../data/dataset.ts';
import { type BinaryMetrics, type EvaluationMetrics, evaluate } from '../../evaluation/index.ts';
import { openCheckpoint, type WeightsChoice, withWeights } from '../checkpoint-option.ts';
import { formatConfusion } from '../confusion.ts';
import { type DataChoice, noData, openDataFor, withData } from '../data-options.ts';
import {
  type EngineChoice,
  type JsonOptions,
  type LoadingChoice,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
  withWorkers,
} from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { formatMetrics } from '../run-view.ts';
import { formatTable } from '../table.ts';

interface EvaluateCommandOptions
  extends Partial<DataChoice>,
    WeightsChoice,
    EngineChoice,
    LoadingChoice,
    JsonOptions {
  readonly split: string;
  readonly batchSize: number;
}

export function configure(command: Command): void {
  command.argument('<checkpoint>', 'a checkpoint file, or the folder of a run (its best checkpoint)');
  withJson(withEngine(withWorkers(withWeights(withData(command)))))
    .option('--split <name>', `part of the data: ${splitNames.join(', ')}, or all`, 'test')
    .option('--batch-size <count>', 'images at once', wholeNumber(1), 64)
    .addHelpText('after', '\nExample:\n  $ fovea evaluate runs/demo --data digits --split valid')
    .action(runEvaluate);
}

async function runEvaluate(place: string, options: EvaluateCommandOptions): Promise<void> {
  const { data, split, batchSize, workers, json } = options;
  if (data === undefined) throw noData();
  const checkpoint = await openCheckpoint(place, options.weights);
  const dataset = selectSplit(await openDataFor(checkpoint, { ...options, data }), split);
  const engine = await openChosenEngine(options);
  const bar = new ProgressBar();
  const onProgress = (done: number, total: number) => bar.update('evaluate', done, total, 'images');
  const { metrics } = await evaluate(checkpoint, dataset, { engine, batchSize, workers, onProgress }).finally(
    () => bar.clear(),
  );
  openOutput(json).result(metrics, () =>
    [`${heading(checkpoint.model.name)} on ${data}, ${split}`, '', formatEvaluation(metrics)].join('\n'),
  );
}

function formatEvaluation(figures: EvaluationMetrics): string {
  const { perClass, confusion } = figures;
  const labels = perClass.map(({ label }) => label);
  const matrix = labels.length <= 20 ? ['', formatConfusion(labels, confusion)] : [];
  return [...formatShares(figures), '', formatClasses(perClass), ...matrix].join('\n');
}

/** A line for each figure of the whole. */
function formatShares(figures: EvaluationMetrics): string[] {
  const { topK, topKInterval, perClass, macro, binary, calibration } = figures;
  const { error, bins } = calibration;
  return [
    formatMetrics(figures),
    ...Object.entries(topK).map(([k, share]) => `top-${k} accuracy ${withInterval(share, topKInterval[k])}`),
    formatMacro(macro, perClass.length),
    ...(binary ? formatBinary(binary, perClass) : []),
    `expected calibration error ${error.toFixed(4)} (${bins.length} bins of equal width)`,
  ];
}

function formatBinary(
  figures: BinaryMetrics,
  [negatives, positives]: EvaluationMetrics['perClass'],
): string[] {
  const { positive, sensitivity, sensitivityInterval, specificity, specificityInterval, roc } = figures;
  const shareOf = (of: ClassCount, share: number | null, interval: Interval) =>
    share === null ? `– (no image of ${visible(of.label)})` : withInterval(share, interval);
  return [
    `sensitivity ${shareOf(positives, sensitivity, sensitivityInterval)}, the fraction of ${visible(positive)} that is found`,
    `specificity ${shareOf(negatives, specificity, specificityInterval)}, the share of the others that is left alone`,
    ...(roc ? [`area under the ROC curve ${withInterval(roc.area, roc.interval)}`] : []),
  ];
}

type Interval = readonly [low: number, high: number];
type ClassCount = Pick<EvaluationMetrics['perClass'][number], 'label' | 'count'>;

/** `macro average precision 0.9100, recall 0.9000 (9 of 10 classes), F1 0.9000 (9 of 10 classes)` */
function formatMacro(macro: EvaluationMetrics['macro'], classCount: number): string {
  const parts = (['precision', 'recall', 'f1'] as const).map((metric) => {
    const { value, classes } = macro[metric];
    const name = metric === 'f1' ? 'F1' : metric;
    const among = classes === classCount ? '' : ` (${classes} of ${classCount} classes)`;
    return `${name} ${formatDefined(value)}${among}`;
  });
  return `macro average ${parts.join(', ')}`;
}

/** Four decimals; a dash for what is undefined. */
function formatDefined(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

function withInterval(value: number, [low, high]: Interval): string {
  return `${value.toFixed(4)} (95 % interval ${low.toFixed(4)} to ${high.toFixed(4)})`;
}

function formatClasses(perClass: EvaluationMetrics['perClass']): string {
  const numbers = ['precision', 'recall', '95 % interval', 'f1', 'count'] as const;
  const columns = [{ title: 'class' }, ...numbers.map((title) => ({ title, align: 'right' }) as const)];
  const rows = perClass.map(({ label, precision, recall, recallInterval, f1, count }) => [
    label,
    formatDefined(precision),
    formatDefined(recall),
    recall === null ? '–' : recallInterval.map((bound) => bound.toFixed(2)).join(' to '),
    formatDefined(f1),
    String(count),
  ]);
  return formatTable(columns, rows);
}
