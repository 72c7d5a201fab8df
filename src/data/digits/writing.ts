// A hand writing a digit: which shape, how precisely, how slanted, how bent.
import type { RandomStream } from '../../tensor/random.ts';
import { SHAPES } from './shapes.ts';
import { type Polyline, readShape, type Stroke, smooth, type WayOfWriting } from './strokes.ts';

const WAYS = SHAPES.map((shapes) => shapes.map(readShape));

/** Successive draws from a stream, without logarithms or sines, so that every platform draws the same. */
export class Draws {
  private next = 0;
  private readonly stream: RandomStream;

  constructor(stream: RandomStream) {
    this.stream = stream;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.stream.uniform(this.next++);
  }

  /** Close to normal, mean 0 and deviation 1, never beyond 3.5: the sum of four random bytes. */
  bell(): number {
    const bits = this.stream.bits(this.next++);
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) / 147.8;
  }
}

function choose(ways: readonly WayOfWriting[], draws: Draws): WayOfWriting {
  let left = draws.uniform() * ways.reduce((sum, way) => sum + way.weight, 0);
  for (const way of ways) {
    left -= way.weight;
    if (left < 0) return way;
  }
  return ways[0]!;
}

const JITTER = 0.028;
const JITTER_OF_AN_END = 0.045;

/** The stroke's points somewhere in their range (0: `from`, 1: `to`), each missed by a little. */
function place(stroke: Stroke, range: number, draws: Draws): Polyline {
  const { from, to } = stroke;
  return from.map((start, i) => {
    const isEnd = i < 2 || i >= from.length - 2;
    return start + range * (to[i]! - start) + (isEnd ? JITTER_OF_AN_END : JITTER) * draws.bell();
  });
}

/** A smooth map of the plane, a cubic polynomial around the digit's middle: coefficients of x, y, x^2, x y, y^2, x^3, x^2 y, x y^2, y^3. */
interface Distortion {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

const BEND = [0, 0, 0.1, 0.16, 0.16, 0.1, 0.2, 0.2, 0.3];
const SLANT = { mean: 0.12, deviation: 0.2 };
const TURN = 0.09;
const ASPECT = 0.16;

/** Slant, turn and aspect ratio of a writer, and the bends of this one digit. */
function drawDistortion(draws: Draws): Distortion {
  const x = Float64Array.from(BEND, (deviation) => deviation * draws.bell());
  const y = Float64Array.from(BEND, (deviation) => deviation * draws.bell());
  const slant = SLANT.mean + SLANT.deviation * draws.bell();
  const half = (TURN * draws.bell()) / 2;
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);
  const width = 1 + ASPECT * draws.bell();
  x[0]! += width * cosine;
  x[1]! += -sine - slant;
  y[0]! += width * sine;
  y[1]! += cosine;
  return { x, y };
}

function evaluate(k: Float64Array, x: number, y: number): number {
  const square = k[2]! * x * x + k[3]! * x * y + k[4]! * y * y;
  const cube = (k[5]! * x + k[6]! * y) * x * x + (k[7]! * x + k[8]! * y) * y * y;
  return k[0]! * x + k[1]! * y + square + cube;
}

const MIDDLE = { x: 0.3, y: 0.5 };

function distort(line: Polyline, { x, y }: Distortion): void {
  for (let i = 0; i < line.length; i += 2) {
    const fromMiddleX = line[i]! - MIDDLE.x;
    const fromMiddleY = line[i + 1]! - MIDDLE.y;
    line[i] = evaluate(x, fromMiddleX, fromMiddleY);
    line[i + 1] = evaluate(y, fromMiddleX, fromMiddleY);
  }
}

/** One written digit: a line for each stroke, in heights of the digit, around (0, 0). */
export function write(digit: number, draws: Draws): Polyline[] {
  const way = choose(WAYS[digit]!, draws);
  const range = draws.uniform();
  const distortion = drawDistortion(draws);
  return way.strokes.map((stroke) => {
    const line = smooth(place(stroke, range, draws), stroke.corners);
    distort(line, distortion);
    return line;
  });
}
