// Rotating, shifting, scaling and shearing an image, with the pixels of Pillow's `Image.transform(AFFINE, BILINEAR)`.
import type { Image } from './image.ts';
import { type Fill, filled } from './region.ts';

/** An affine transform about the center of an image; lengths in pixels, angles in degrees, clockwise if positive. */
export interface AffineParameters {
  readonly angle: number;
  /** To the right and down, after rotation, scaling and shearing. */
  readonly shift: readonly [x: number, y: number];
  /** Above 1 enlarges. */
  readonly scale: number;
  /** Along x, and along y. */
  readonly shear: readonly [x: number, y: number];
}

/** `[a, b, c, d, e, f]`: maps the point (x, y) of the result to the point (a x + b y + c, d x + e y + f) of the image. */
type Matrix = readonly [number, number, number, number, number, number];

/** The transformed image, of the same size; pixels from outside the image are `fill`. */
export function warpAffine(image: Image, parameters: AffineParameters, fill: Fill = [0]): Image {
  return sample(image, inverseMatrix(parameters, image.width / 2, image.height / 2), fill);
}

/** The inverse matrix, as torchvision computes it: rotation x scale x shear about the center, then the shift. */
function inverseMatrix(
  { angle, shift, scale, shear }: AffineParameters,
  centerX: number,
  centerY: number,
): Matrix {
  const rotation = radians(angle);
  const [shearX, shearY] = [radians(shear[0]), radians(shear[1])];
  const a = Math.cos(rotation - shearY) / Math.cos(shearY);
  const b = (-Math.cos(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(rotation);
  const c = Math.sin(rotation - shearY) / Math.cos(shearY);
  const d = (-Math.sin(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(rotation);
  const [xx, xy, yx, yy] = [d / scale, -b / scale, -c / scale, a / scale];
  const [x, y] = [-centerX - shift[0], -centerY - shift[1]];
  return [xx, xy, xx * x + xy * y + centerX, yx, yy, yx * x + yy * y + centerY];
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function sample(image: Image, [a, b, c, d, e, f]: Matrix, fill: Fill): Image {
  const { width, height, channels } = image;
  const data = filled(fill, width * height, channels);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += channels) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x >= 0 && x < width && y >= 0 && y < height) interpolate(image, x - 0.5, y - 0.5, data, to);
    }
  }
  return { width, height, channels, data };
}

/** Bilinear interpolation of the four pixels around a point, truncated to an integer as Pillow does. */
function interpolate(
  { width, height, channels, data }: Image,
  x: number,
  y: number,
  target: Uint8Array,
  to: number,
): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const [alongX, alongY] = [x - left, y - top];
  const west = Math.max(left, 0) * channels;
  const east = Math.min(left + 1, width - 1) * channels;
  const north = Math.max(top, 0) * width * channels;
  const south = Math.min(top + 1, height - 1) * width * channels;
  for (let channel = 0; channel < channels; channel++) {
    const northWest = data[north + west + channel];
    const southWest = data[south + west + channel];
    const upper = northWest + (data[north + east + channel] - northWest) * alongX;
    const lower = southWest + (data[south + east + channel] - southWest) * alongX;
    target[to + channel] = upper + (lower - upper) * alongY;
  }
}
