// Edges by convolution: the 3x3 Laplacian, which is zero where neighbours are alike and large where they differ.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';
import { conv } from '../ops/conv.ts';
import { compute } from '../ops/run.ts';
import { floatTensor } from '../tensor/tensor.ts';

const SIZE = 256;
/** Pixels between the pictures. */
const GAP = 8;
const LAPLACIAN = floatTensor([1, 1, 3, 3], [-1, -1, -1, -1, 8, -1, -1, -1, -1]);

export interface Edges {
  /** The picture that was convolved, grey, 256 x 256. */
  readonly input: Image;
  /** Magnitude of the feature map, grey, 254 x 254: the kernel lies within the picture everywhere. */
  readonly edges: Image;
}

/** Convolves the grey picture, resized to 256 x 256, with the Laplacian. */
export function findEdges(image: Image): Edges {
  const input = resize(withChannels(image, 1), SIZE, SIZE);
  const pixels = floatTensor([1, 1, SIZE, SIZE], Float32Array.from(input.data));
  const { data, shape } = compute([pixels, LAPLACIAN], (x, weight) => conv(x, weight));
  const [, , height, width] = shape as [number, number, number, number];
  const magnitudes = Uint8Array.from(data, (value) => Math.min(255, Math.abs(value)));
  return { input, edges: { width, height, channels: 1, data: magnitudes } };
}

/** Grey pictures next to one another, centred, with white between them. */
export function sideBySide(...pictures: readonly Image[]): Image {
  const height = Math.max(...pictures.map((picture) => picture.height));
  const width = pictures.reduce((sum, picture) => sum + picture.width, GAP * (pictures.length - 1));
  const data = new Uint8Array(width * height).fill(255);
  let left = 0;
  for (const picture of pictures) {
    const top = Math.floor((height - picture.height) / 2);
    for (let row = 0; row < picture.height; row++) {
      const line = picture.data.subarray(row * picture.width, (row + 1) * picture.width);
      data.set(line, (top + row) * width + left);
    }
    left += picture.width + GAP;
  }
  return { width, height, channels: 1, data };
}
