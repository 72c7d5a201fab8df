// Plots whose axes are shares from 0 to 1: the ROC curve, and the reliability diagram.

import type { BinaryMetrics } from '../../evaluation/index.ts';
import type { Calibration } from '../../metrics/index.ts';
import { type Markup, markup } from '../markup.ts';
import { decimals, formatInterval, percent } from '../text.ts';
import { type AxisSettings, drawAxes, HEIGHT, type Place, type Plot, placeOf, WIDTH } from './frame.ts';
import { drawLegend, drawSeries, type Series } from './layers.ts';

/** The ROC curve of two classes, with the place where the model decides. */
export function rocPlot(figures: BinaryMetrics): Plot | undefined {
  const { roc, positive, sensitivity, specificity } = figures;
  if (!roc || sensitivity === null || specificity === null) return undefined; // Defined wherever there is a curve.
  const curve: Series = {
    label: `curve, area ${decimals(roc.area)}`,
    points: roc.points.map(({ falsePositiveRate, truePositiveRate }) => [
      falsePositiveRate,
      truePositiveRate,
    ]),
    role: 'first',
  };
  const decision: Series = {
    label: 'decision at 0.5',
    points: [[1 - specificity, sensitivity]],
    role: 'second',
    mark: 'diamond',
  };
  return sharesPlot({
    name: 'roc',
    title: 'ROC curve',
    description:
      `The area under the curve for ${positive} is ${decimals(roc.area)} (95 % interval ${formatInterval(roc.interval)}). ` +
      `Where the model decides, sensitivity is ${decimals(sensitivity)} and specificity ${decimals(specificity)}.`,
    labels: ['1 − specificity', 'sensitivity'],
    series: [curve, decision, { ...diagonal, label: 'chance' }],
  });
}

/** Share of right predictions over their mean confidence, bin by bin, and how many images each bin has. */
export function reliabilityPlot({ bins, error }: Calibration): Plot {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  const model: Series = {
    label: 'model',
    points: filled.map(({ confidence, accuracy }) => [confidence, accuracy]),
    role: 'first',
    mark: 'square',
  };
  const drawBars = ({ x, y }: Place) =>
    filled.map(({ low, high, count }) => {
      const [left, top] = [x(low) + 1, y(count / total)];
      const title = `${count} images with confidence from ${decimals(low, 2)} to ${decimals(high, 2)}`;
      return markup`<rect class="bar" x="${left}" y="${top}" width="${x(high) - left - 1}" height="${y(0) - top}"><title>${title}</title></rect>`;
    });
  return sharesPlot({
    name: 'reliability',
    title: 'Reliability',
    description:
      `Expected calibration error ${decimals(error)}. ` +
      filled.map((bin) => `${percent(bin.confidence)} confident: ${percent(bin.accuracy)} right`).join('; '),
    labels: ['confidence', 'share right (bars: of images)'],
    series: [model, { ...diagonal, label: `perfect (error ${decimals(error)})` }],
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

interface SharesPlot {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Of the horizontal and the vertical axis. */
  readonly labels: readonly [string, string];
  readonly series: readonly Series[];
  readonly drawBelow?: (place: Place) => readonly Markup[];
}

function sharesPlot({ labels: [across, up], series, drawBelow, ...plot }: SharesPlot): Plot {
  const axis = { domain: [0, 1], format: '.1f' } as const;
  const horizontal: AxisSettings = { ...axis, label: across };
  const vertical: AxisSettings = { ...axis, label: up };
  const place = placeOf(horizontal, vertical);
  const content = markup`${drawAxes(place, horizontal, vertical)}
${drawBelow?.(place)}
${series.toReversed().map((one) => drawSeries(place, one))}
${drawLegend(series)}`;
  return { ...plot, width: WIDTH, height: HEIGHT, content };
}
