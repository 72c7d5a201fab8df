// Reference values of Pillow and torchvision (scripts/witness/images.py), and their input images.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { AffineParameters } from '../src/image/affine.ts';
import type { Image } from '../src/image/image.ts';
import type { Border, Fill, Margins, Region } from '../src/image/region.ts';
import type { Interpolation } from '../src/image/resize.ts';

interface Case {
  readonly from: readonly [channels: 1 | 3, height: number, width: number];
  /** Of the result. */
  readonly size: readonly [height: number, width: number];
  readonly pixels: string;
}

interface ReferenceValues {
  readonly resized: readonly (Case & { interpolation: Interpolation })[];
  readonly resizedRegions: readonly (Case & { interpolation: Interpolation; region: Region })[];
  readonly centerCropped: readonly Case[];
  readonly resizedSides: readonly (Case & { side: number })[];
  readonly padded: readonly (Case & { margins: Margins; border: Border; fill: Fill })[];
  readonly moved: readonly (Case & { motion: AffineParameters; fill: Fill })[];
  readonly blurred: readonly (Case & { sigma: number; kernel: number })[];
  readonly recolored: readonly (Case & {
    property: 'brightness' | 'contrast' | 'saturation' | 'hue';
    factor: number;
  })[];
  readonly grey: readonly Case[];
}

const path = new URL('witness/images.json', import.meta.url);

export const pillow = JSON.parse(readFileSync(path, 'utf8')) as ReferenceValues;

/** The image that a case was made of. */
export function sourceOf({ from: [channels, height, width] }: Pick<Case, 'from'>): Image {
  const data = new Uint8Array(height * width * channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        data[i++] = (x * x * 7 + y * y * 3 + x * y * 13 + c * 101 + 29) % 256;
    }
  }
  return { width, height, channels, data };
}

/** Fails unless the pixels are those of the case. */
export function expectPixels(result: Image, { size, pixels }: Case): void {
  expect([result.height, result.width]).toEqual(size);
  expect([...result.data]).toEqual([...Buffer.from(pixels, 'base64')]);
}
