// Plots with both axes from 0 to 1: the ROC curve and the reliability diagram.
import { formatDecimals, formatEstimate, formatPercent } from '../../base/text.ts';
import type { BinaryMetrics } from '../../evaluation/index.ts';
import type { Calibration } from '../../metrics/index.ts';
import { type Markup, markup } from '../markup.ts';
import { type AxisSettings, createScales, drawAxes, HEIGHT, type Plot, type Scales, WIDTH } from './frame.ts';
import { drawLegend, drawSeries, type Series } from './series.ts';

/** The ROC curve of a binary classifier, with its operating point. */
export function rocPlot(metrics: BinaryMetrics): Plot | undefined {
  const { roc, positive, sensitivity, specificity } = metrics;
  if (!roc || sensitivity === null || specificity === null) return undefined; // Defined wherever there is a curve.
  const curve: Series = {
    label: `AUC ${formatDecimals(roc.area)}`,
    points: roc.points.map(({ falsePositiveRate, truePositiveRate }) => [
      falsePositiveRate,
      truePositiveRate,
    ]),
    role: 'first',
  };
  const operatingPoint: Series = {
    label: 'threshold 0.5',
    points: [[1 - specificity, sensitivity]],
    role: 'second',
    mark: 'diamond',
  };
  return unitSquarePlot({
    name: 'roc',
    title: 'ROC curve',
    description:
      `The area under the curve for ${positive} is ${formatEstimate(roc.area, roc.interval)}. ` +
      `At a threshold of 0.5, sensitivity is ${formatDecimals(sensitivity)} and specificity ${formatDecimals(specificity)}.`,
    labels: ['false positive rate', 'true positive rate'],
    series: [curve, operatingPoint, { ...diagonal, label: 'chance' }],
  });
}

/** Accuracy over mean confidence in each bin, with the fraction of images in each bin as bars. */
export function reliabilityPlot({ bins, error }: Calibration): Plot {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  const model: Series = {
    label: `model, ECE ${formatDecimals(error)}`,
    points: filled.map(({ confidence, accuracy }) => [confidence, accuracy]),
    role: 'first',
    mark: 'square',
  };
  const drawBars = ({ x, y }: Scales) =>
    filled.map(({ low, high, count }) => {
      const [left, top] = [x(low) + 1, y(count / total)];
      const title = `${count} images with confidence from ${formatDecimals(low, 2)} to ${formatDecimals(high, 2)}`;
      return markup`<rect class="bar" x="${left}" y="${top}" width="${x(high) - left - 1}" height="${y(0) - top}"><title>${title}</title></rect>`;
    });
  return unitSquarePlot({
    name: 'reliability',
    title: 'Reliability diagram',
    description:
      `Expected calibration error ${formatDecimals(error)}. ` +
      filled
        .map((bin) => `confidence ${formatPercent(bin.confidence)}: accuracy ${formatPercent(bin.accuracy)}`)
        .join('; '),
    labels: ['confidence', 'accuracy (bars: images)'],
    series: [model, { ...diagonal, label: `perfect calibration` }],
    drawBelow: drawBars,
  });
}

const diagonal = {
  points: [
    [0, 0],
    [1, 1],
  ],
  role: 'reference',
  dashes: 'dotted',
} as const;

interface UnitSquarePlot {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Labels of the horizontal and the vertical axis. */
  readonly labels: readonly [string, string];
  readonly series: readonly Series[];
  readonly drawBelow?: (scales: Scales) => readonly Markup[];
}

function unitSquarePlot({ labels: [across, up], series, drawBelow, ...plot }: UnitSquarePlot): Plot {
  const axis = { domain: [0, 1], format: '.1f' } as const;
  const horizontal: AxisSettings = { ...axis, label: across };
  const vertical: AxisSettings = { ...axis, label: up };
  const scales = createScales(horizontal, vertical);
  const content = markup`${drawAxes(scales, horizontal, vertical)}
${drawBelow?.(scales)}
${series.toReversed().map((one) => drawSeries(scales, one))}
${drawLegend(series)}`;
  return { ...plot, width: WIDTH, height: HEIGHT, content };
}
