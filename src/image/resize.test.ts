import { expect, test } from 'vitest';
import { expectPixels, pillow, sourceOf } from '../../test/pillow.ts';
import { withChannels } from './channels.ts';
import { crop } from './region.ts';
import { resize } from './resize.ts';

test.each(pillow.resized)('$interpolation: $from to $size gives the pixels of Pillow', (made) => {
  expectPixels(resize(sourceOf(made), ...made.size, made.interpolation), made);
});

test.each(pillow.resizedRegions)('$interpolation: the region $region alone is resized to $size', (made) => {
  const { size, interpolation, region } = made;
  expectPixels(resize(crop(sourceOf(made), region), ...size, interpolation), made);
});

const image = sourceOf({ from: [1, 4, 5] });

test('an image of the requested size is returned as it is', () => {
  expect(resize(image, 4, 5)).toBe(image);
});

test('a size that is not a positive integer is refused', () => {
  expect(() => resize(image, 0, 5)).toThrow('height to resize to must be a positive integer, got 0');
  expect(() => resize(image, 4, 2.5)).toThrow('width to resize to must be a positive integer, got 2.5');
});

test.each(pillow.grey)('RGB becomes gray as Pillow converts it', (made) => {
  expectPixels(withChannels(sourceOf(made), 1), made);
});

test('gray becomes RGB by repetition', () => {
  const rgb = withChannels({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 200) }, 3);
  expect(rgb).toEqual({
    width: 2,
    height: 1,
    channels: 3,
    data: Uint8Array.of(3, 3, 3, 200, 200, 200),
  });
});
