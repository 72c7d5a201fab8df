// fovea evaluate: metrics of a checkpoint on a data set.
import type { Command } from 'commander';
import { type OptionTable, type SettledOf, withDefaults } from '../../base/option.ts';
import { formatDecimals, formatEstimate, formatInterval, visible } from '../../base/text.ts';
import { selectSplit } from '../../data/dataset.ts';
import {
  type BinaryMetrics,
  type EvaluationMetrics,
  evaluate,
  evaluateOptions,
} from '../../evaluation/index.ts';
import { dataOptions } from '../../recipe/data-options.ts';
import { loadingOptions } from '../../recipe/options.ts';
import { formatConfusion } from '../confusion.ts';
import { withDataSet } from '../data-options.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { openDataFor } from '../open-data.ts';
import {
  addOptions,
  CHECKPOINT_ARGUMENT,
  engineOptions,
  jsonOption,
  openChosenEngine,
  splitOption,
} from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { formatMetrics } from '../run-view.ts';
import { formatTable, numberColumns } from '../table.ts';

const options = {
  ...dataOptions,
  ...splitOption,
  ...evaluateOptions,
  ...weightsOption,
  ...loadingOptions,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

export function configure(command: Command): void {
  command.argument(...CHECKPOINT_ARGUMENT);
  addOptions(command, options)
    .addHelpText('after', '\nExample:\n  $ fovea evaluate runs/demo --data digits --split valid')
    .action((place: string, given: SettledOf<typeof options>) =>
      runEvaluate(place, withDefaults(options, given)),
    );
}

async function runEvaluate(place: string, given: SettledOf<typeof options>): Promise<void> {
  const choice = withDataSet(given);
  const { data, split, batchSize, workers } = choice;
  const checkpoint = await openCheckpoint(place, choice.weights);
  const dataset = selectSplit(await openDataFor(checkpoint, choice), split);
  const engine = await openChosenEngine(choice);
  const bar = new ProgressBar();
  const onProgress = (done: number, total: number) => bar.update('evaluate', done, total, 'images');
  const { metrics } = await evaluate(checkpoint, dataset, { engine, batchSize, workers, onProgress }).finally(
    () => bar.clear(),
  );
  openOutput(choice.json).result(metrics, () =>
    [`${heading(checkpoint.model.name)} on ${data}, ${split}`, '', formatEvaluation(metrics)].join('\n'),
  );
}

function formatEvaluation(metrics: EvaluationMetrics): string {
  const { perClass, confusion } = metrics;
  const labels = perClass.map(({ label }) => label);
  const matrix = labels.length <= 20 ? ['', formatConfusion(labels, confusion)] : [];
  return [...formatMeans(metrics), '', formatClasses(perClass), ...matrix].join('\n');
}

/** One line per metric of the whole data set. */
function formatMeans(metrics: EvaluationMetrics): string[] {
  const { topK, topKInterval, perClass, macro, binary, calibration } = metrics;
  const { error, bins } = calibration;
  return [
    formatMetrics(metrics),
    ...Object.entries(topK).map(
      ([k, accuracy]) => `top-${k} accuracy ${formatEstimate(accuracy, topKInterval[k])}`,
    ),
    formatMacro(macro, perClass.length),
    ...(binary ? formatBinary(binary, perClass) : []),
    `expected calibration error ${error.toFixed(4)} (${bins.length} bins of equal width)`,
  ];
}

function formatBinary(
  metrics: BinaryMetrics,
  [negatives, positives]: EvaluationMetrics['perClass'],
): string[] {
  const { positive, sensitivity, sensitivityInterval, specificity, specificityInterval, roc } = metrics;
  const formatRate = (of: ClassCount, value: number | null, interval: Interval) =>
    value === null ? `– (no image of ${visible(of.label)})` : formatEstimate(value, interval);
  return [
    `sensitivity ${formatRate(positives, sensitivity, sensitivityInterval)}, fraction of ${visible(positive)} predicted as such`,
    `specificity ${formatRate(negatives, specificity, specificityInterval)}, fraction of the others predicted as such`,
    ...(roc ? [`area under the ROC curve ${formatEstimate(roc.area, roc.interval)}`] : []),
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
    return `${name} ${formatDecimals(value)}${among}`;
  });
  return `macro average ${parts.join(', ')}`;
}

function formatClasses(perClass: EvaluationMetrics['perClass']): string {
  const columns = [{ title: 'class' }, ...numberColumns(['precision', 'recall', '95% CI', 'f1', 'count'])];
  const rows = perClass.map(({ label, precision, recall, recallInterval, f1, count }) => [
    label,
    formatDecimals(precision),
    formatDecimals(recall),
    recall === null ? '–' : formatInterval(recallInterval, 2),
    formatDecimals(f1),
    String(count),
  ]);
  return formatTable(columns, rows);
}
