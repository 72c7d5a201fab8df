// Edge detection by convolution with the 3x3 Laplacian kernel, which is 0 in uniform areas.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';
import { conv } from '../ops/conv.ts';
import { compute } from '../ops/run.ts';
import { floatTensor } from '../tensor/tensor.ts';

const SIZE = 256;
/** Pixels between images side by side. */
const GAP = 8;
const LAPLACIAN = floatTensor([1, 1, 3, 3], [-1, -1, -1, -1, 8, -1, -1, -1, -1]);

export interface Edges {
  /** The convolved image: grayscale, 256 x 256. */
  readonly input: Image;
  /** Magnitude of the feature map, clipped to 255: grayscale, 254 x 254 (the convolution has no padding). */
  readonly edges: Image;
}

/**
 * Converts an image to grayscale, resizes it to 256 x 256 and convolves it with the 3x3 Laplacian kernel.
 * @example
 * const { edges } = findEdges(await decodeImage('photo.jpg'));
 * await writePng(edges, 'edges.png');
 */
export function findEdges(image: Image): Edges {
  const input = resize(withChannels(image, 1), SIZE, SIZE);
  const pixels = floatTensor([1, 1, SIZE, SIZE], Float32Array.from(input.data));
  const { data, shape } = compute([pixels, LAPLACIAN], (x, weight) => conv(x, weight));
  const [, , height, width] = shape as [number, number, number, number];
  const magnitudes = Uint8Array.from(data, (value) => Math.min(255, Math.abs(value)));
  return { input, edges: { width, height, channels: 1, data: magnitudes } };
}

/** Places grayscale images side by side, centered vertically, with white between them. */
export function sideBySide(...images: readonly Image[]): Image {
  const height = Math.max(...images.map((image) => image.height));
  const width = images.reduce((sum, image) => sum + image.width, GAP * (images.length - 1));
  const data = new Uint8Array(width * height).fill(255);
  let left = 0;
  for (const image of images) {
    const top = Math.floor((height - image.height) / 2);
    for (let row = 0; row < image.height; row++) {
      const line = image.data.subarray(row * image.width, (row + 1) * image.width);
      data.set(line, (top + row) * width + left);
    }
    left += image.width + GAP;
  }
  return { width, height, channels: 1, data };
}
