// The Laplacian demonstration.
import { expect, test } from 'vitest';
import type { Image } from '../image/image.ts';
import { findEdges, sideBySide } from './edges.ts';

/** Black on the left of `border`, white from it on. */
function halves(size: number, border: number): Image {
  const data = Uint8Array.from({ length: size * size }, (_, i) => (i % size < border ? 0 : 255));
  return { width: size, height: size, channels: 1, data };
}

test('an edge shows on both of its sides, and nothing else does', () => {
  const { input, edges } = findEdges(halves(256, 100));
  expect([input.width, edges.width, edges.height]).toEqual([256, 254, 254]);
  const row = [...edges.data.subarray(0, 254)];
  // Column c of the feature map lies over column c + 1 of the image.
  expect(row.flatMap((value, column) => (value > 0 ? [column] : []))).toEqual([98, 99]);
  expect(Math.max(...row)).toBe(255);
});

test('a plain image has no edges', () => {
  expect(Math.max(...findEdges(halves(64, 0)).edges.data)).toBe(0);
});

test('images lie next to one another', () => {
  const image = sideBySide(halves(4, 2), halves(2, 0));
  expect([image.width, image.height]).toEqual([4 + 8 + 2, 4]);
  expect([...image.data.subarray(0, 6)]).toEqual([0, 0, 255, 255, 255, 255]);
});
