// From the text of a shape to smooth lines: reading the points, and the curve the pen follows through them.

/**
 * One way to write a digit. A stroke is a text of points `x,y` in hundredths of the digit's height, x to the right and
 * y down, in writing order. The pen goes through them on a smooth curve; a point marked `*` is a corner.
 */
export interface Shape {
  /** What a reader would call it. */
  readonly name: string;
  /** How common it is among the shapes of the same digit. */
  readonly weight: number;
  readonly strokes: readonly string[];
  /** The same points at the other end of a range: a written digit lies anywhere between the two. */
  readonly toward?: readonly string[];
}

/** A stroke's points, interleaved x, y. */
export type Polyline = Float64Array;

/** One stroke of a shape, read from its text. */
export interface Stroke {
  /** One end of the range of points, interleaved x, y, in heights of the digit. */
  readonly from: Polyline;
  /** The other end. */
  readonly to: Polyline;
  /** Indices of the points where a smooth piece begins or ends, first and last included. */
  readonly corners: readonly number[];
}

/** A shape, read. */
export interface WayOfWriting {
  readonly weight: number;
  readonly strokes: readonly Stroke[];
}

function readPoints(text: string): Polyline {
  return Float64Array.from(text.replaceAll('*', '').split(/[ ,]/), (number) => Number(number) / 100);
}

function findCorners(text: string): number[] {
  const points = text.split(' ');
  const last = points.length - 1;
  return points.flatMap((point, i) => (i === 0 || i === last || point.endsWith('*') ? [i] : []));
}

function readStroke(text: string, toward: string): Stroke {
  const stroke = { from: readPoints(text), to: readPoints(toward), corners: findCorners(text) };
  if (stroke.from.length !== stroke.to.length) throw new Error(`internal: ${text} and ${toward} differ`);
  return stroke;
}

/** A shape's strokes, ready to be placed and smoothed. */
export function readShape({ weight, strokes, toward = strokes }: Shape): WayOfWriting {
  return { weight, strokes: strokes.map((text, i) => readStroke(text, toward[i])) };
}

const STEPS = 5;

/** Weights of four neighboring points on a Catmull-Rom curve, for each step between the middle two. */
const BASIS = Float64Array.from({ length: STEPS * 4 }, (_, i) => {
  const t = Math.floor(i / 4) / STEPS;
  const weights = [
    -t + 2 * t ** 2 - t ** 3,
    2 - 5 * t ** 2 + 3 * t ** 3,
    t + 4 * t ** 2 - 3 * t ** 3,
    t ** 3 - t ** 2,
  ];
  return weights[i % 4] / 2;
});

/** Writes the steps from point `i` towards the next one; neighbors stop at the ends of the smooth piece. */
function curveStep(points: Polyline, i: number, first: number, last: number, out: Polyline): void {
  const before = 2 * Math.max(i - 1, first);
  const after = 2 * Math.min(i + 2, last);
  for (let step = 0; step < STEPS; step++) {
    const [a, b, c, d] = [BASIS[4 * step], BASIS[4 * step + 1], BASIS[4 * step + 2], BASIS[4 * step + 3]];
    for (let axis = 0; axis < 2; axis++) {
      out[2 * (i * STEPS + step) + axis] =
        a * points[before + axis] +
        b * points[2 * i + axis] +
        c * points[2 * i + 2 + axis] +
        d * points[after + axis];
    }
  }
}

/** The curve through the points (Catmull-Rom), as many short straight lines. */
export function smooth(points: Polyline, corners: readonly number[]): Polyline {
  const count = points.length / 2;
  const curve = new Float64Array(2 * ((count - 1) * STEPS + 1));
  for (let piece = 1; piece < corners.length; piece++) {
    const first = corners[piece - 1];
    const last = corners[piece];
    for (let i = first; i < last; i++) curveStep(points, i, first, last, curve);
  }
  curve.set(points.subarray(-2), curve.length - 2);
  return curve;
}
