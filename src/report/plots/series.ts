// What is drawn between the axes of a plot: lines with marks, bands, and the legend that names them.
import { area, line, symbol, symbolCircle, symbolDiamond, symbolSquare } from 'd3-shape';
import { type Markup, markup } from '../markup.ts';
import { textWidth } from '../text.ts';
import type { Scales } from './frame.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  /** Its colour. */
  readonly role: 'first' | 'second' | 'third' | 'reference';
  readonly dashes?: 'dashed' | 'dotted';
  /** Drawn on each point. */
  readonly mark?: keyof typeof marks;
  /** Bounds around each point. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
}

const marks = { circle: symbolCircle, square: symbolSquare, diamond: symbolDiamond } as const;
const MARK_AREA = 36;
/** Points on a line beyond which marks would cover it. */
const MOST_MARKS = 60;
/** Width of a letter of the legend, at most. */
const LETTER = 7.2;

export function drawSeries(place: Scales, series: Series): Markup {
  const { points, role, band } = series;
  const bounds = band && drawBand(place, band, role);
  const marked = points.length <= MOST_MARKS ? points.map((point) => drawMark(place, series, point)) : [];
  return markup`${bounds}${drawLine(place, series)}${marked}`;
}

function drawLine({ x, y }: Scales, { points, role, dashes }: Series): Markup {
  const path = line<Point>(
    ([value]) => x(value),
    ([, value]) => y(value),
  ).digits(1)(points as Point[]);
  return markup`<path class="line ${role} ${dashes ?? ''}" d="${path ?? ''}"/>`;
}

/** An area, or a line where there is but one point. */
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

/** A name beside a piece of each line, from left to right under the title. */
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
