// fovea evaluate: how good a checkpoint is on a data set.
import { Command } from 'commander';
import { selectSplit, splitNames } from '../../data/dataset.ts';
import { visible } from '../../tensor/visible.ts';
import { type BinaryFigures, type EvaluationFigures, evaluate } from '../../train/index.ts';
import { openCheckpoint } from '../checkpoint-option.ts';
import { formatConfusion } from '../confusion.ts';
import { type DataChoice, noData, openChosenData, withData } from '../data-options.ts';
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
import { formatFigures } from '../run-view.ts';
import { formatTable } from '../table.ts';

interface EvaluateCommandOptions extends Partial<DataChoice>, EngineChoice, LoadingChoice, JsonOptions {
  readonly split: string;
  readonly batchSize: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'measure a checkpoint on a data set: accuracy, loss, calibration, figures of each class, confusion matrix',
    )
    .argument('<checkpoint>', 'a checkpoint file, or the folder of a run (its best checkpoint)');
  return withJson(withEngine(withWorkers(withData(command))))
    .option('--split <name>', `part of the data: ${splitNames.join(', ')}, or all`, 'test')
    .option('--batch-size <count>', 'images at once', wholeNumber(1), 64)
    .addHelpText('after', '\nExample:\n  $ fovea evaluate runs/demo --data digits --split valid')
    .action(runEvaluate);
}

async function runEvaluate(place: string, options: EvaluateCommandOptions): Promise<void> {
  const { data, split, batchSize, workers, json } = options;
  if (data === undefined) throw noData();
  const checkpoint = await openCheckpoint(place);
  const { classes } = checkpoint;
  const dataset = selectSplit(await openChosenData({ ...options, data }, { classes }), split);
  const engine = await openChosenEngine(options);
  const bar = new ProgressBar();
  const onProgress = (done: number, total: number) => bar.update('evaluate', done, total, 'images');
  const { figures } = await evaluate(checkpoint, dataset, { engine, batchSize, workers, onProgress }).finally(
    () => bar.clear(),
  );
  openOutput(json).result(figures, () =>
    [`${heading(checkpoint.model.name)} on ${data}, ${split}`, '', formatEvaluation(figures)].join('\n'),
  );
}

function formatEvaluation(figures: EvaluationFigures): string {
  const { perClass, confusion } = figures;
  const labels = perClass.map(({ label }) => label);
  const matrix = labels.length <= 20 ? ['', formatConfusion(labels, confusion)] : [];
  return [...formatShares(figures), '', formatClasses(perClass), ...matrix].join('\n');
}

/** A line for each figure of the whole. */
function formatShares(figures: EvaluationFigures): string[] {
  const { topK, topKInterval, perClass, binary, calibration } = figures;
  const { error, bins } = calibration;
  return [
    formatFigures(figures),
    ...Object.entries(topK).map(([k, share]) => `top-${k} accuracy ${withInterval(share, topKInterval[k]!)}`),
    ...(binary ? formatBinary(binary, perClass) : []),
    `expected calibration error ${error.toFixed(4)} (${bins.length} bins of equal width)`,
  ];
}

function formatBinary(
  figures: BinaryFigures,
  [negatives, positives]: EvaluationFigures['perClass'],
): string[] {
  const { positive, sensitivity, sensitivityInterval, specificity, specificityInterval, roc } = figures;
  const shareOf = (of: ClassCount, share: number, interval: Interval) =>
    of.count === 0 ? `– (no image of ${visible(of.label)})` : withInterval(share, interval);
  return [
    `sensitivity ${shareOf(positives!, sensitivity, sensitivityInterval)}, the share of ${visible(positive)} that is found`,
    `specificity ${shareOf(negatives!, specificity, specificityInterval)}, the share of the others that is left alone`,
    ...(roc ? [`area under the ROC curve ${withInterval(roc.area, roc.interval)}`] : []),
  ];
}

type Interval = readonly [low: number, high: number];
type ClassCount = Pick<EvaluationFigures['perClass'][number], 'label' | 'count'>;

function withInterval(value: number, [low, high]: Interval): string {
  return `${value.toFixed(4)} (95 % interval ${low.toFixed(4)} to ${high.toFixed(4)})`;
}

function formatClasses(perClass: EvaluationFigures['perClass']): string {
  const numbers = ['precision', 'recall', '95 % interval', 'f1', 'count'] as const;
  const columns = [{ title: 'class' }, ...numbers.map((title) => ({ title, align: 'right' }) as const)];
  const rows = perClass.map(({ label, precision, recall, recallInterval, f1, count }) => [
    label,
    ...(count === 0
      ? ['–', '–', '–', '–'] // Nothing can be said of a class without images.
      : [
          precision.toFixed(4),
          recall.toFixed(4),
          recallInterval.map((bound) => bound.toFixed(2)).join(' to '),
          f1.toFixed(4),
        ]),
    String(count),
  ]);
  return formatTable(columns, rows);
}
