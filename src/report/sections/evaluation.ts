// How good the best checkpoint is: of the whole, of each class, and which classes it takes for one another.

import type { EvaluationMetrics } from '../../evaluation/index.ts';
import type { MacroMetric } from '../../metrics/index.ts';
import { drawFacts, drawFigures, drawName, drawSection, drawTable } from '../elements.ts';
import type { Evaluated } from '../findings.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import type { Plot } from '../plots/frame.ts';
import { decimals, formatInterval, grouped } from '../text.ts';

/** Classes up to which tables are open and the matrix is written out as one, and pairs of classes that are listed. */
const MOST_CLASSES = 30;
const MOST_PAIRS = 10;

const splitNames = { test: 'test', valid: 'validation' } as const;

export function drawEvaluation({ split, figures }: Evaluated, plots: readonly Plot[]): Markup {
  const name = splitNames[split];
  const content = markup`<p>The best checkpoint on the ${grouped(figures.count)} ${name} images.</p>
${drawFacts(factsOf(figures))}
${drawFigures(plots)}
${drawClasses(figures.perClass)}
${drawPairs(figures)}
${drawConfusion(figures)}`;
  return drawSection('evaluation', `Evaluation on ${name} images`, content);
}

function factsOf(figures: EvaluationMetrics): (readonly [string, Content])[] {
  const { accuracy, interval, loss, topK, topKInterval, macro, perClass, binary, calibration } = figures;
  const { roc } = binary ?? {};
  return [
    ['accuracy', withInterval(accuracy, interval)],
    ...Object.entries(topK).map(
      ([k, share]) => [`top-${k} accuracy`, withInterval(share, topKInterval[k])] as const,
    ),
    ['loss', decimals(loss)],
    ...(['precision', 'recall', 'f1'] as const).map(
      (metric) =>
        [
          `macro average ${metric === 'f1' ? 'F1' : metric}`,
          formatMacro(macro[metric], perClass.length),
        ] as const,
    ),
    ...(binary
      ? ([
          ['positive class', drawName(binary.positive)],
          [
            'sensitivity',
            binary.sensitivity === null ? '–' : withInterval(binary.sensitivity, binary.sensitivityInterval),
          ],
          [
            'specificity',
            binary.specificity === null ? '–' : withInterval(binary.specificity, binary.specificityInterval),
          ],
        ] as const)
      : []),
    ...(roc ? ([['area under the ROC curve', withInterval(roc.area, roc.interval)]] as const) : []),
    [
      'expected calibration error',
      `${decimals(calibration.error)} (${calibration.bins.length} bins of equal width)`,
    ],
  ];
}

/** A mean over classes, and how many of them have the metric where some do not. */
function formatMacro({ value, classes }: MacroMetric, classCount: number): string {
  const among = classes === classCount ? '' : ` (${classes} of ${classCount} classes)`;
  return `${formatDefined(value)}${among}`;
}

/** A dash for what is undefined. */
function formatDefined(value: number | null): string {
  return value === null ? '–' : decimals(value);
}

function withInterval(value: number, interval: readonly [number, number]): string {
  return `${decimals(value)} (95 % interval ${formatInterval(interval)})`;
}

function drawClasses(perClass: EvaluationMetrics['perClass']): Markup {
  const numbers = ['precision', 'recall', '95 % interval of recall', 'F1', 'images'];
  const columns = [{ title: 'class' }, ...numbers.map((title) => ({ title, align: 'right' as const }))];
  const rows = perClass.map(({ label, precision, recall, recallInterval, f1, count }) => [
    drawName(label),
    formatDefined(precision),
    formatDefined(recall),
    recall === null ? '–' : formatInterval(recallInterval),
    formatDefined(f1),
    grouped(count),
  ]);
  const table = drawTable('Figures of each class', columns, rows);
  if (perClass.length <= MOST_CLASSES) return table;
  return markup`<details><summary>Figures of each of the ${perClass.length} classes</summary>${table}</details>`;
}

function drawPairs({ confusion, perClass }: EvaluationMetrics): Markup | undefined {
  const pairs = confusion
    .flatMap((counts, truth) => counts.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return undefined;
  const nameOf = (index: number) => drawName(perClass[index].label);
  const rows = pairs.map(({ truth, predicted, count }) => [
    nameOf(truth),
    nameOf(predicted),
    grouped(count),
    grouped(perClass[truth].count),
  ]);
  const columns = [
    { title: 'true class' },
    { title: 'taken for' },
    { title: 'images', align: 'right' },
    { title: 'of', align: 'right' },
  ] as const;
  return drawTable('Classes most often taken for one another', columns, rows);
}

function drawConfusion({ confusion, perClass }: EvaluationMetrics): Markup | undefined {
  if (perClass.length > MOST_CLASSES) return undefined;
  const columns = [
    { title: 'true \\ predicted' },
    ...perClass.map(({ label }) => ({ title: label, align: 'right' as const })),
  ];
  const rows = confusion.map((counts, i) => [drawName(perClass[i].label), ...counts]);
  const table = drawTable('Images by true class (row) and predicted class (column)', columns, rows);
  return markup`<details><summary>The confusion matrix as a table</summary>${table}</details>`;
}
