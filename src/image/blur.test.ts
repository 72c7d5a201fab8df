import { expect, test } from 'vitest';
import { expectPixels, pillow, sourceOf } from '../../test/pillow.ts';
import { blur } from './blur.ts';

test.each(pillow.blurred)('$from blurred with sigma $sigma is that of torchvision', (made) => {
  expectPixels(blur(sourceOf(made), made.sigma, made.kernel), made);
});

test('a uniform image stays as it is, also one smaller than the kernel', () => {
  for (const [width, height] of [
    [1, 1],
    [2, 5],
    [9, 3],
  ]) {
    const image = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(201) } as const;
    expect(blur(image, 3, 19)).toEqual(image);
  }
});

test('a kernel of one pixel changes nothing', () => {
  const image = sourceOf({ from: [3, 6, 5] });
  expect(blur(image, 2, 1)).toEqual(image);
});
