// Ink on paper: lines fitted into the 28x28 image and drawn with soft edges.
import type { Polyline } from './strokes.ts';
import type { HandRandom } from './writing.ts';

/** Width and height of an image. */
export const SIZE = 28;
/** The digit's longer side, LeCun et al., "Gradient-based learning applied to document recognition", 1998. */
const BOX = 20;
/** Where the center of mass goes: the middle of the pixel in row 14, column 14. */
const CENTER = SIZE / 2 + 0.5;
/** Standard deviations in pixels and as a fraction of the size: position and size vary, so that a network does not depend on them. */
const CENTER_MISS = 1;
const SCALE_MISS = 0.05;

/** The pen: lengths in pixels. */
interface Pen {
  readonly radius: number;
  /** How much the radius varies, as a fraction, and where along the line. */
  readonly swell: number;
  readonly phase: number;
  /** Width of the ramp from full ink to none. */
  readonly softness: number;
  /** Gray value of full ink. */
  readonly intensity: number;
  /** Largest change of a gray value by noise. */
  readonly noise: number;
}

function drawPen(random: HandRandom): Pen {
  return {
    radius: Math.max(0.6, 1.4 + 0.47 * random.bell()),
    swell: 0.12 * random.bell(),
    phase: 2 * random.uniform(),
    softness: 1 + 0.5 * random.uniform(),
    intensity: 255 - 25 * random.uniform(),
    noise: 14 * random.uniform(),
  };
}

/** Triangle wave between -1 and 1, period 2. */
function wave(t: number): number {
  return 2 * Math.abs((t % 2) - 1) - 1;
}

function extent(lines: readonly Polyline[], axis: 0 | 1): number {
  let low = Infinity;
  let high = -Infinity;
  for (const line of lines) {
    for (let i = axis; i < line.length; i += 2) {
      low = Math.min(low, line[i]);
      high = Math.max(high, line[i]);
    }
  }
  return high - low;
}

function distance(line: Polyline, i: number): number {
  const dx = line[i] - line[i - 2];
  const dy = line[i + 1] - line[i - 1];
  return Math.sqrt(dx * dx + dy * dy);
}

/** The center of mass of the lines, weighted by length. */
function center(lines: readonly Polyline[]): { x: number; y: number } {
  let [x, y, mass] = [0, 0, 1e-9];
  for (const line of lines) {
    for (let i = 2; i < line.length; i += 2) {
      const length = distance(line, i);
      x += (length * (line[i] + line[i - 2])) / 2;
      y += (length * (line[i + 1] + line[i - 1])) / 2;
      mass += length;
    }
  }
  return { x: x / mass, y: y / mass };
}

/** Moves the lines so that the inked digit fits a 20x20 box with its center of mass near the image's middle. */
function fitIntoBox(lines: readonly Polyline[], radius: number, random: HandRandom): void {
  const longerSide = Math.max(extent(lines, 0), extent(lines, 1));
  const scale = ((BOX - 2 * radius) / longerSide) * (1 + SCALE_MISS * random.bell());
  const middle = center(lines);
  const shiftX = CENTER + CENTER_MISS * random.bell() - scale * middle.x;
  const shiftY = CENTER + CENTER_MISS * random.bell() - scale * middle.y;
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      line[i] = line[i] * scale + shiftX;
      line[i + 1] = line[i + 1] * scale + shiftY;
    }
  }
}

/** Raises `depth` (how far inside the ink a pixel's center is, negative outside) around the piece from point i - 2 to point i. */
function drawPiece(depth: Float32Array, line: Polyline, i: number, radius: number): void {
  const [x0, y0, x1, y1] = [line[i - 2], line[i - 1], line[i], line[i + 1]];
  const reach = radius + 0.5;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(SIZE - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(SIZE - 1, Math.floor(Math.max(y0, y1) + reach));
  const dx = x1 - x0;
  const dy = y1 - y0;
  const inverse = 1 / (dx * dx + dy * dy + 1e-12);
  for (let row = top; row <= bottom; row++) {
    const py = row + 0.5 - y0;
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
      const awayX = px - along * dx;
      const awayY = py - along * dy;
      const inside = radius - Math.sqrt(awayX * awayX + awayY * awayY);
      const pixel = row * SIZE + column;
      if (inside > depth[pixel]) depth[pixel] = inside;
    }
  }
}

/** Gray values from depths; the grain of the ink comes from a congruential generator, one step per pixel. */
function shade(depth: Float32Array, pen: Pen, grainSeed: number): Uint8Array {
  const pixels = new Uint8Array(SIZE * SIZE);
  const steepness = 1 / pen.softness;
  let grain = grainSeed;
  for (let i = 0; i < pixels.length; i++) {
    const ink = Math.min(1, 0.5 + depth[i] * steepness);
    if (ink <= 0) continue;
    grain = Math.imul(grain, 1664525) + 1013904223;
    const gray = ink * (pen.intensity + pen.noise * (grain / 2 ** 31));
    pixels[i] = Math.max(0, Math.min(255, gray + 0.5));
  }
  return pixels;
}

/** Draws lines as white ink on black. Returns gray values, 28 rows of 28. */
export function ink(lines: readonly Polyline[], random: HandRandom): Uint8Array {
  const pen = drawPen(random);
  fitIntoBox(lines, pen.radius, random);
  const depth = new Float32Array(SIZE * SIZE).fill(-SIZE);
  for (const line of lines) {
    for (let i = 2; i < line.length; i += 2) {
      const swollen = pen.radius * (1 + pen.swell * wave(pen.phase + (2 * i) / line.length));
      drawPiece(depth, line, i, swollen);
    }
  }
  return shade(depth, pen, random.bits());
}
