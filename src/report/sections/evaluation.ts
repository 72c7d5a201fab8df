// Metrics of the best checkpoint: overall, per class, and which classes it confuses.
import { formatDecimals, formatEstimate, formatInteger, formatInterval } from '../../base/text.ts';
import type { EvaluationMetrics } from '../../evaluation/index.ts';
import type { MacroMetric } from '../../metrics/index.ts';
import { drawFacts, drawName, drawPlots, drawSection, drawTable, numberColumns } from '../elements.ts';
import type { Evaluated } from '../findings.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import type { Plot } from '../plots/frame.ts';

/** Up to this many classes, the table of classes is open and the confusion matrix is also shown as a table. */
const MAX_CLASSES = 30;
/** Pairs of confused classes that are listed. */
const MAX_PAIRS = 10;

const splitNames = { test: 'test', valid: 'validation' } as const;

export function drawEvaluation({ split, metrics }: Evaluated, plots: readonly Plot[]): Markup {
  const name = splitNames[split];
  const content = markup`<p>Metrics of the best checkpoint on ${formatInteger(metrics.count)} ${name} images.</p>
${drawFacts(evaluationFacts(metrics))}
${drawPlots(plots)}
${drawClasses(metrics.perClass)}
${drawPairs(metrics)}
${drawConfusion(metrics)}`;
  return drawSection('evaluation', `Evaluation on ${name} images`, content);
}

function evaluationFacts(metrics: EvaluationMetrics): (readonly [string, Content])[] {
  const { accuracy, interval, loss, topK, topKInterval, macro, perClass, binary, calibration } = metrics;
  const { roc } = binary ?? {};
  return [
    ['accuracy', formatEstimate(accuracy, interval)],
    ...Object.entries(topK).map(
      ([k, value]) => [`top-${k} accuracy`, formatEstimate(value, topKInterval[k])] as const,
    ),
    ['loss', formatDecimals(loss)],
    ...(['precision', 'recall', 'f1'] as const).map(
      (metric) =>
        [
          `macro-averaged ${metric === 'f1' ? 'F1' : metric}`,
          formatMacro(macro[metric], perClass.length),
        ] as const,
    ),
    ...(binary
      ? ([
          ['positive class', drawName(binary.positive)],
          [
            'sensitivity',
            binary.sensitivity === null
              ? '–'
              : formatEstimate(binary.sensitivity, binary.sensitivityInterval),
          ],
          [
            'specificity',
            binary.specificity === null
              ? '–'
              : formatEstimate(binary.specificity, binary.specificityInterval),
          ],
        ] as const)
      : []),
    ...(roc ? ([['area under the ROC curve', formatEstimate(roc.area, roc.interval)]] as const) : []),
    [
      'expected calibration error',
      `${formatDecimals(calibration.error)} (${calibration.bins.length} equal-width bins)`,
    ],
  ];
}

/** A mean over classes, with the number of classes if the metric is undefined for some. */
function formatMacro({ value, classes }: MacroMetric, classCount: number): string {
  const among = classes === classCount ? '' : ` (${classes} of ${classCount} classes)`;
  return `${formatDecimals(value)}${among}`;
}

function drawClasses(perClass: EvaluationMetrics['perClass']): Markup {
  const columns = [
    { title: 'class' },
    ...numberColumns(['precision', 'recall', '95% CI of recall', 'F1', 'images']),
  ];
  const rows = perClass.map(({ label, precision, recall, recallInterval, f1, count }) => [
    drawName(label),
    formatDecimals(precision),
    formatDecimals(recall),
    recall === null ? '–' : formatInterval(recallInterval),
    formatDecimals(f1),
    formatInteger(count),
  ]);
  const table = drawTable('Metrics per class', columns, rows);
  if (perClass.length <= MAX_CLASSES) return table;
  return markup`<details><summary>Metrics of all ${perClass.length} classes</summary>${table}</details>`;
}

function drawPairs({ confusion, perClass }: EvaluationMetrics): Markup | undefined {
  const pairs = confusion
    .flatMap((counts, truth) => counts.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_PAIRS);
  if (pairs.length === 0) return undefined;
  const className = (index: number) => drawName(perClass[index].label);
  const rows = pairs.map(({ truth, predicted, count }) => [
    className(truth),
    className(predicted),
    formatInteger(count),
    formatInteger(perClass[truth].count),
  ]);
  const columns = [
    { title: 'actual' },
    { title: 'predicted' },
    { title: 'images', align: 'right' },
    { title: 'of', align: 'right' },
  ] as const;
  return drawTable('Most confused classes', columns, rows);
}

function drawConfusion({ confusion, perClass }: EvaluationMetrics): Markup | undefined {
  if (perClass.length > MAX_CLASSES) return undefined;
  const columns = [{ title: 'actual \\ predicted' }, ...numberColumns(perClass.map(({ label }) => label))];
  const rows = confusion.map((counts, i) => [drawName(perClass[i].label), ...counts]);
  const table = drawTable('Images by actual class (row) and predicted class (column)', columns, rows);
  return markup`<details><summary>The confusion matrix as a table</summary>${table}</details>`;
}
