// A handwriting of a digit: its shape, precision, slant and bends.
import { RandomSequence } from '../../../tensor/random-sequence.ts';
import { SHAPES } from './shapes.ts';
import { type Polyline, readShape, type Stroke, smooth, type WayOfWriting } from './strokes.ts';

const WAYS = SHAPES.map((shapes) => shapes.map(readShape));

/** Random numbers without logarithms or sines, so that every platform draws the same. */
export class HandRandom extends RandomSequence {
  /** Approximately normal with mean 0 and standard std 1, within 3.5: the sum of four random bytes. */
  bell(): number {
    const bits = this.bits();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) / 147.8;
  }

  /** The same clipped to 1.8: larger slants and bends do not look handwritten. */
  mildBell(): number {
    return Math.max(-1.8, Math.min(1.8, this.bell()));
  }
}

function choose(ways: readonly WayOfWriting[], random: HandRandom): WayOfWriting {
  let left = random.uniform() * ways.reduce((sum, way) => sum + way.weight, 0);
  for (const way of ways) {
    left -= way.weight;
    if (left < 0) return way;
  }
  return ways[0];
}

/** Where in a shape's range a digit lies: from a little before 0 to a little beyond 1. */
function drawRange(random: HandRandom): number {
  return 1.4 * random.uniform() - 0.2;
}

/** Deviations of a point from its place, in heights of the digit; an end adds the second. */
const JITTER = 0.04;
const JITTER_OF_AN_END = 0.05;
/** How much of one point's miss carries over to the next: hands drift, they do not tremble. */
const DRIFT = 0.6;
const FRESH = Math.sqrt(1 - DRIFT * DRIFT);

/** The stroke's points somewhere in their range, each missed by a little. `range`: for x and y, 0 is `from` and 1 `to`. */
function place(stroke: Stroke, range: readonly number[], sloppiness: number, random: HandRandom): Polyline {
  const { from, to } = stroke;
  const missed = [random.bell(), random.bell()];
  return from.map((start, i) => {
    const isEnd = i < 2 || i >= from.length - 2;
    const miss = DRIFT * missed[i % 2] + FRESH * random.bell();
    missed[i % 2] = miss;
    const onTarget = start + range[i % 2] * (to[i] - start);
    return onTarget + sloppiness * (JITTER * miss + (isEnd ? JITTER_OF_AN_END * random.bell() : 0));
  });
}

/** A smooth map of the plane, a cubic polynomial around the digit's middle: coefficients of x, y, x^2, x y, y^2, x^3, x^2 y, x y^2, y^3. */
interface Distortion {
  readonly x: number[];
  readonly y: number[];
}

/** Deviations of the distortion's coefficients; the first two belong to slant, turn and aspect ratio. */
const BEND = [0, 0, 0.2, 0.3, 0.3, 0.2, 0.4, 0.4, 0.6];
const SLANT = { mean: 0.12, std: 0.28 };
const TURN = 0.13;
const ASPECT = 0.22;

/** Slant, turn and aspect ratio of a writer, and the bends of this one digit. */
function drawDistortion(sloppiness: number, random: HandRandom): Distortion {
  const x = BEND.map((std) => sloppiness * std * random.mildBell());
  const y = BEND.map((std) => sloppiness * std * random.mildBell());
  const slant = SLANT.mean + SLANT.std * random.mildBell();
  const half = (TURN * random.mildBell()) / 2;
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);
  const width = 1 + ASPECT * random.mildBell();
  x[0] += width * cosine;
  x[1] += -sine - slant;
  y[0] += width * sine;
  y[1] += cosine;
  return { x, y };
}

function evaluate(k: readonly number[], x: number, y: number): number {
  const square = k[2] * x * x + k[3] * x * y + k[4] * y * y;
  const cube = (k[5] * x + k[6] * y) * x * x + (k[7] * x + k[8] * y) * y * y;
  return k[0] * x + k[1] * y + square + cube;
}

const MIDDLE = { x: 0.3, y: 0.5 };

function distort(line: Polyline, { x, y }: Distortion): void {
  for (let i = 0; i < line.length; i += 2) {
    const fromMiddleX = line[i] - MIDDLE.x;
    const fromMiddleY = line[i + 1] - MIDDLE.y;
    line[i] = evaluate(x, fromMiddleX, fromMiddleY);
    line[i + 1] = evaluate(y, fromMiddleX, fromMiddleY);
  }
}

/** One written digit: a line for each stroke, in heights of the digit, around (0, 0). */
export function write(digit: number, random: HandRandom): Polyline[] {
  const way = choose(WAYS[digit], random);
  const range = [drawRange(random), drawRange(random)] as const;
  const sloppiness = 0.3 + 1.3 * random.uniform();
  const distortion = drawDistortion(sloppiness, random);
  return way.strokes.map((stroke) => {
    const line = smooth(place(stroke, range, sloppiness, random), stroke.corners);
    distort(line, distortion);
    return line;
  });
}
