// The loss over a growing learning rate.

import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { formatSignificant } from '../../base/text.ts';
import { rasterize } from '../../image/svg.ts';
import { writeError } from '../../system/files.ts';
import type { RateTest } from '../../train/index.ts';
import { type Markup, markup } from '../markup.ts';
import { SCALE, standAlone } from './files.ts';
import { type AxisSettings, drawAxes, HEIGHT, type Place, type Plot, placeOf, WIDTH } from './frame.ts';
import { drawLegend, drawSeries, type Point, type Series } from './layers.ts';

/** Height of the plot, relative to the first loss. */
const MOST = 1.5;

/**
 * Writes the plot of a learning-rate range test as SVG or PNG, which the file's ending names.
 * @throws UsageError for another ending
 * @throws DataError if the file cannot be written
 */
export async function writeRatePlot(path: string, test: RateTest): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (ending !== '.svg' && ending !== '.png') {
    throw new UsageError(`"${path}" ends with "${ending}"; plots are written as .svg or .png.`);
  }
  const svg = standAlone(ratePlot(test));
  try {
    await writeFile(path, ending === '.svg' ? svg : await rasterize(svg, SCALE));
  } catch (error) {
    throw writeError(path, error as NodeJS.ErrnoException);
  }
}

export function ratePlot({ points, suggestion, limit }: RateTest): Plot {
  const of = (value: (point: RateTest['points'][number]) => number): Point[] =>
    points.map((point) => [point.learningRate, value(point)]);
  const series: Series[] = [
    { label: 'loss of the batch', points: of(({ loss }) => loss), role: 'third', dashes: 'dotted' },
    { label: 'smoothed', points: of(({ smoothed }) => smoothed), role: 'first' },
  ];
  const rates = points.map(({ learningRate }) => learningRate);
  const horizontal: AxisSettings = {
    label: 'learning rate',
    logarithmic: true,
    domain: [rates[0], rates.at(-1)!],
    format: '~e',
  };
  const vertical: AxisSettings = { label: 'loss', domain: [0, MOST * points[0].smoothed] };
  const place = placeOf(horizontal, vertical);
  const content = markup`${drawAxes(place, horizontal, vertical)}
${drawRate(place, 'suggestion', suggestion, 'end')}${drawRate(place, 'limit', limit, 'start')}
${series.map((one) => drawSeries(place, within(one, place)))}
${drawLegend(series)}`;
  const description = `The loss falls steepest at a learning rate of ${short(suggestion)} and is lowest at ${short(limit)}.`;
  return {
    name: 'learning-rate-test',
    title: 'Learning-rate range test',
    description,
    width: WIDTH,
    height: HEIGHT,
    content,
  };
}

function drawRate({ x, y }: Place, name: string, rate: number, anchor: 'start' | 'end'): Markup {
  const [bottom, top] = y.range() as [number, number];
  const at = x(rate) + (anchor === 'end' ? -5 : 5);
  return markup`<path class="line reference dotted" d="M${x(rate)},${top}V${bottom}"/>
<text class="note" x="${at}" y="${bottom - 8}" text-anchor="${anchor}">${name} ${short(rate)}</text>`;
}

/** Losses above the plot on its edge: at the end they explode. */
function within({ points, ...series }: Series, { y }: Place): Series {
  const top = y.domain()[1];
  return { ...series, points: points.map(([rate, loss]) => [rate, Math.min(loss, top)]) };
}

function short(rate: number): string {
  return formatSignificant(rate, 2);
}
