// Series of a plot: lines with marks and bands, and the legend.
import { area, line, symbol, symbolCircle, symbolDiamond, symbolSquare } from 'd3-shape';
import { textWidth } from '../../base/text-width.ts';
import { type Markup, markup } from '../markup.ts';
import type { Scales } from './frame.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  /** Selects the color. */
  readonly role: 'first' | 'second' | 'third' | 'reference';
  readonly dashes?: 'dashed' | 'dotted';
  /** Symbol drawn at each point. */
  readonly mark?: keyof typeof marks;
  /** Lower and upper bound at each x. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
}

const marks = { circle: symbolCircle, square: symbolSquare, diamond: symbolDiamond } as const;
const MARK_AREA = 36;
/** Lines with more points have no marks. */
const MAX_MARKS = 60;
/** Maximum width of a letter of the legend, in pixels. */
const LETTER = 7.2;

export function drawSeries(scales: Scales, series: Series): Markup {
  const { points, role, band } = series;
  const bounds = band && drawBand(scales, band, role);
  const marked = points.length <= MAX_MARKS ? points.map((point) => drawMark(scales, series, point)) : [];
  return markup`${bounds}${drawLine(scales, series)}${marked}`;
}

function drawLine({ x, y }: Scales, { points, role, dashes }: Series): Markup {
  const path = line<Point>(
    ([value]) => x(value),
    ([, value]) => y(value),
  ).digits(1)(points as Point[]);
  return markup`<path class="line ${role} ${dashes ?? ''}" d="${path ?? ''}"/>`;
}

/** An area, or a vertical line if there is only one point. */
function drawBand({ x, y }: Scales, band: NonNullable<Series['band']>, role: string): Markup {
  if (band.length === 1) {
    const [at, low, high] = band[0];
    return markup`<path class="line ${role}" d="M${round(x(at))},${round(y(low))}V${round(y(high))}"/>`;
  }
  const path = area<(typeof band)[number]>()
    .x(([value]) => x(value))
    .y0(([, low]) => y(low))
    .y1(([, , high]) => y(high))
    .digits(1)([...band]);
  return markup`<path class="band ${role}" d="${path ?? ''}"/>`;
}

function drawMark({ x, y }: Scales, { role, mark }: Series, [atX, atY]: Point): Markup | undefined {
  if (!mark) return undefined;
  return markup`<path class="mark ${role}" transform="translate(${round(x(atX))},${round(y(atY))})" d="${markPath(mark)}"/>`;
}

function markPath(mark: keyof typeof marks): string {
  return symbol(marks[mark], MARK_AREA).digits(1)() ?? '';
}

/** A sample of each line with its label, from left to right below the title. */
export function drawLegend(series: readonly Series[]): Markup {
  let left = 12;
  const entries = series.map((one) => {
    const start = left;
    left += 44 + LETTER * textWidth(one.label);
    return drawEntry(one, start);
  });
  return markup`${entries}`;
}

function drawEntry({ label, role, dashes, mark, points }: Series, left: number): Markup {
  const middle = left + 13;
  const piece =
    points.length > 1 ? markup`<path class="line ${role} ${dashes ?? ''}" d="M${left},40h26"/>` : undefined;
  const sign =
    mark && markup`<path class="mark ${role}" transform="translate(${middle},40)" d="${markPath(mark)}"/>`;
  return markup`${piece}${sign}<text x="${left + 32}" y="44">${label}</text>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
