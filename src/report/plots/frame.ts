// The frame of every plot: title, axes with a grid, and a description for screen readers.
import { scaleLinear, scaleLog } from 'd3-scale';
import { type Markup, markup } from '../markup.ts';

/** A plot as SVG content. */
export interface Plot {
  /** Name of its files. */
  readonly name: string;
  readonly title: string;
  /** Description for screen readers. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly content: Markup;
}

export interface AxisSettings {
  readonly label: string;
  readonly logarithmic?: boolean;
  /** Minimum and maximum. */
  readonly domain: readonly [number, number];
  /** Number format (d3-format); defaults to the scale's own. */
  readonly format?: string;
  /** Whether the domain is extended to round numbers; defaults to true. */
  readonly nice?: boolean;
}

/** Maps values to coordinates. Not d3's own type, which would require its types in programs that use this package. */
export interface Scale {
  (value: number): number;
  domain(): number[];
  range(): number[];
  ticks(count: number): number[];
  tickFormat(count: number, format?: string): (value: number) => string;
}

/** Horizontal and vertical scale. */
export interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

export const WIDTH = 440;
export const HEIGHT = 300;
const MARGIN = { top: 60, right: 16, bottom: 44, left: 76 };
const TICKS = 5;

/** Scales over the area inside title, legend and axes. */
export function createScales(x: AxisSettings, y: AxisSettings): Scales {
  return {
    x: createScale(x, [MARGIN.left, WIDTH - MARGIN.right]),
    y: createScale(y, [HEIGHT - MARGIN.bottom, MARGIN.top]),
  };
}

function createScale({ domain, logarithmic, nice = true }: AxisSettings, range: [number, number]): Scale {
  const scale = logarithmic ? scaleLog([...domain], range) : scaleLinear([...domain], range);
  return nice ? scale.nice(TICKS) : scale;
}

/** Grid lines, and axes with tick labels and titles. */
export function drawAxes({ x, y }: Scales, horizontal: AxisSettings, vertical: AxisSettings): Markup {
  const [left, right] = x.range() as [number, number];
  const [bottom, top] = y.range() as [number, number];
  const columns = x.ticks(TICKS).map((value) => drawColumn(x(value), bottom, write(x, horizontal, value)));
  const rows = y.ticks(TICKS).map((value) => drawRow(y(value), left, right, write(y, vertical, value)));
  const middle = (top + bottom) / 2;
  return markup`${rows}${columns}<path class="axis" d="M${left},${top}V${bottom}H${right}"/>
<text x="${(left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${horizontal.label}</text>
<text transform="translate(14,${middle}) rotate(-90)" text-anchor="middle">${vertical.label}</text>`;
}

function write(scale: Scale, { format }: AxisSettings, value: number): string {
  return scale.tickFormat(TICKS, format)(value);
}

function drawColumn(x: number, bottom: number, text: string): Markup {
  return markup`<g class="tick"><path class="axis" d="M${x},${bottom}v5"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${text}</text></g>`;
}

function drawRow(y: number, left: number, right: number, text: string): Markup {
  return markup`<g class="tick"><path class="grid" d="M${left},${y}H${right}"/><text x="${left - 7}" y="${y + 4}" text-anchor="end">${text}</text></g>`;
}

/**
 * The plot as an SVG element, for a page that has the style rules.
 * @param background drawn under it
 */
export function drawPlot({ title, description, width, height, content }: Plot, background?: Markup): Markup {
  return markup`<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}. ${description}">
${background}<text class="title" x="12" y="22">${title}</text>
${content}
</svg>`;
}
