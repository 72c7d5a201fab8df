// Plot of a learning-rate range test: the loss over the learning rate.

import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { last } from '../../base/lookup.ts';
import { formatSignificant } from '../../base/text.ts';
import { rasterize } from '../../image/svg.ts';
import { writeError } from '../../system/files.ts';
import type { RateTest } from '../../train/index.ts';
import { type Markup, markup } from '../markup.ts';
import { SCALE, standAlone } from './files.ts';
import { type AxisSettings, createScales, drawAxes, HEIGHT, type Plot, type Scales, WIDTH } from './frame.ts';
import { drawLegend, drawSeries, type Point, type Series } from './series.ts';

/** Maximum of the vertical axis, relative to the first loss. */
const MAX_LOSS = 1.5;

/**
 * Writes the plot of a learning-rate range test as SVG or PNG, depextension on the file extension.
 * @throws UsageError for other extensions
 * @throws DataError if the file cannot be written
 */
export async function writeRateTestPlot(path: string, test: RateTest): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.svg' && extension !== '.png') {
    throw new UsageError(`the plot must be a .svg or .png file, got "${path}".`);
  }
  const svg = standAlone(rateTestPlot(test));
  try {
    await writeFile(path, extension === '.svg' ? svg : await rasterize(svg, SCALE));
  } catch (error) {
    throw writeError(path, error as NodeJS.ErrnoException);
  }
}

export function rateTestPlot({ points, suggestion, limit }: RateTest): Plot {
  const of = (value: (point: RateTest['points'][number]) => number): Point[] =>
    points.map((point) => [point.learningRate, value(point)]);
  const series: Series[] = [
    { label: 'batch loss', points: of(({ loss }) => loss), role: 'third', dashes: 'dotted' },
    { label: 'smoothed loss', points: of(({ smoothed }) => smoothed), role: 'first' },
  ];
  const rates = points.map(({ learningRate }) => learningRate);
  const horizontal: AxisSettings = {
    label: 'learning rate',
    logarithmic: true,
    domain: [rates[0], last(rates)],
    format: '~e',
  };
  const vertical: AxisSettings = { label: 'loss', domain: [0, MAX_LOSS * points[0].smoothed] };
  const scales = createScales(horizontal, vertical);
  const content = markup`${drawAxes(scales, horizontal, vertical)}
${drawRate(scales, 'suggestion', suggestion, 'end')}${drawRate(scales, 'limit', limit, 'start')}
${series.map((one) => drawSeries(scales, within(one, scales)))}
${drawLegend(series)}`;
  const description = `The loss falls fastest at a learning rate of ${short(suggestion)} and is lowest at ${short(limit)}.`;
  return {
    name: 'learning-rate-test',
    title: 'Learning-rate range test',
    description,
    width: WIDTH,
    height: HEIGHT,
    content,
  };
}

function drawRate({ x, y }: Scales, name: string, rate: number, anchor: 'start' | 'end'): Markup {
  const [bottom, top] = y.range() as [number, number];
  const at = x(rate) + (anchor === 'end' ? -5 : 5);
  return markup`<path class="line reference dotted" d="M${x(rate)},${top}V${bottom}"/>
<text class="note" x="${at}" y="${bottom - 8}" text-anchor="${anchor}">${name} ${short(rate)}</text>`;
}

/** Clips losses to the top of the plot, because they explode at the end. */
function within({ points, ...series }: Series, { y }: Scales): Series {
  const top = y.domain()[1];
  return { ...series, points: points.map(([rate, loss]) => [rate, Math.min(loss, top)]) };
}

function short(rate: number): string {
  return formatSignificant(rate, 2);
}
