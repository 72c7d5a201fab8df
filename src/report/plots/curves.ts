// Curves over the steps of a run: loss, accuracy, learning rate, throughput.
import { last } from '../../base/lookup.ts';
import { formatSignificant } from '../../base/text.ts';
import type { EvaluatedEvent, LoggedEvent } from '../../train/index.ts';
import { type Markup, markup } from '../markup.ts';
import type { History } from '../run-record.ts';
import { type AxisSettings, createScales, drawAxes, HEIGHT, type Plot, type Scales, WIDTH } from './frame.ts';
import { drawLegend, drawSeries, type Point, type Series } from './series.ts';

/** Lines with more points are averaged in groups. */
const MAX_POINTS = 400;
/** The throughput axis is logarithmic if the values differ by more than this factor. */
const WIDE = 20;

/** Loss, accuracy, learning rate and throughput; empty before the first step. */
export function curvePlots(history: History): Plot[] {
  const { logged } = history;
  if (logged.length + history.validations.length === 0) return [];
  return [
    lossPlot(history),
    accuracyPlot(history),
    ...(logged.length > 0 ? [learningRatePlot(logged), speedPlot(logged)] : []),
  ];
}

function lossPlot({ logged, validations }: History): Plot {
  const series = trainingAndValidation(logged, validations, ({ loss }) => loss);
  return curvePlot({ name: 'loss', title: 'Loss', label: 'loss', series, best: bestStep(validations) });
}

function accuracyPlot({ logged, validations }: History): Plot {
  const [training, validation] = trainingAndValidation(logged, validations, ({ accuracy }) => accuracy);
  const band = validations.map(({ step, interval: [low, high] }) => [step, low, high] as const);
  const series = [training, { ...validation, label: 'validation, with 95% CI', band }];
  const domain = [lowest(series), 1] as const;
  return curvePlot({
    name: 'accuracy',
    title: 'Accuracy',
    label: 'accuracy',
    series,
    domain,
    best: bestStep(validations),
  });
}

function learningRatePlot(logged: readonly LoggedEvent[]): Plot {
  const points = thinOut(logged.map(({ step, learningRate }) => [step, learningRate]));
  const series: Series[] = [{ label: 'training', points, role: 'third' }];
  const isTiny = maximum(points.map(([, rate]) => rate)) < 0.001;
  const format = isTiny ? '~e' : undefined;
  return curvePlot({ name: 'learning-rate', title: 'Learning rate', label: 'learning rate', series, format });
}

function speedPlot(logged: readonly LoggedEvent[]): Plot {
  const points = thinOut(logged.map(({ step, imagesPerSecond }) => [step, imagesPerSecond]));
  const series: Series[] = [{ label: 'training', points, role: 'third' }];
  const speeds = points.map(([, speed]) => speed);
  const [least, most] = [minimum(speeds), maximum(speeds)];
  // The first batches may have been prefetched; their speed would dwarf all others.
  const isWide = least > 0 && most > WIDE * least;
  return curvePlot({
    name: 'throughput',
    title: 'Throughput',
    label: 'images per second',
    series,
    ...(isWide && { domain: [least, most], logarithmic: true }),
    format: '~s',
  });
}

function trainingAndValidation(
  logged: readonly LoggedEvent[],
  validations: readonly EvaluatedEvent[],
  metric: (event: LoggedEvent | EvaluatedEvent) => number,
): Series[] {
  const points = (events: readonly (LoggedEvent | EvaluatedEvent)[]) =>
    thinOut(events.map((event): Point => [event.step, metric(event)]).filter(isDrawable));
  return [
    { label: 'training', points: points(logged), role: 'first' },
    { label: 'validation', points: points(validations), role: 'second', dashes: 'dashed', mark: 'circle' },
  ];
}

/** The loss of a diverged run is NaN or infinite. */
function isDrawable([, value]: Point): boolean {
  return Number.isFinite(value);
}

interface Curves {
  readonly name: string;
  readonly title: string;
  /** Label of the vertical axis. */
  readonly label: string;
  readonly series: readonly Series[];
  /** Range of the vertical axis; defaults to 0 up to the maximum. */
  readonly domain?: readonly [number, number];
  /** Whether the vertical axis is logarithmic. */
  readonly logarithmic?: boolean;
  /** Number format of the vertical axis (d3-format). */
  readonly format?: string | undefined;
  /** Step that is marked. */
  readonly best?: number | undefined;
}

function curvePlot({ name, title, label, series, domain, logarithmic, format, best }: Curves): Plot {
  const shown = series.filter(({ points }) => points.length > 0);
  const values = shown.flatMap(({ points }) => points.map(([, value]) => value));
  const steps = shown.flatMap(({ points }) => points.map(([step]) => step));
  const horizontal: AxisSettings = { label: 'step', domain: [0, maximum(steps)], format: ',f' };
  const vertical: AxisSettings = {
    label,
    domain: domain ?? [0, 1.05 * maximum(values)],
    ...(logarithmic && { logarithmic }),
    ...(format !== undefined && { format }),
  };
  const scales = createScales(horizontal, vertical);
  const content = markup`${drawAxes(scales, horizontal, vertical)}
${best === undefined ? undefined : drawBest(scales, best)}
${shown.map((one) => drawSeries(scales, one))}
${drawLegend(shown)}`;
  return { name, title, description: describe(shown), width: WIDTH, height: HEIGHT, content };
}

function drawBest({ x, y }: Scales, step: number): Markup {
  const [bottom, top] = y.range() as [number, number];
  const isRight = x(step) > WIDTH / 2;
  return markup`<path class="line reference dotted" d="M${x(step)},${top}V${bottom}"/>
<text class="note" x="${x(step) + (isRight ? -5 : 5)}" y="${bottom - 6}" text-anchor="${isRight ? 'end' : 'start'}">best: step ${step}</text>`;
}

function bestStep(validations: readonly EvaluatedEvent[]): number | undefined {
  return validations.findLast(({ best }) => best)?.step;
}

/** First, last, lowest and highest value of each series. */
function describe(series: readonly Series[]): string {
  const sentences = series.map(({ label, points }) => {
    const values = points.map(([, value]) => value);
    const [start, end] = [points[0], last(points)];
    const range = `lowest ${short(minimum(values))}, highest ${short(maximum(values))}`;
    return `${label}: ${short(start[1])} at step ${start[0]}, ${short(end[1])} at step ${end[0]}, ${range}`;
  });
  return `${sentences.join('; ')}.`;
}

function short(value: number): string {
  return formatSignificant(value, 4);
}

/** Means of groups of neighboring points, if there are too many points to draw. */
export function thinOut(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const group = points.slice(i * size, (i + 1) * size);
    const mean = group.reduce((sum, [, value]) => sum + value, 0) / group.length;
    return [last(group)[0], mean];
  });
}

function lowest(series: readonly Series[]): number {
  return minimum(
    series.flatMap(({ points, band = [] }) => [...points.map(([, y]) => y), ...band.map(([, low]) => low)]),
  );
}

function minimum(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function maximum(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
