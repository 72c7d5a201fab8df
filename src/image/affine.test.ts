import { expect, test } from 'vitest';
import { expectPixels, pillow, sourceOf } from '../../test/pillow.ts';
import { warpAffine } from './affine.ts';

test.each(pillow.moved)(' transformed by  has the pixels of torchvision', (made) => {
  expectPixels(warpAffine(sourceOf(made), made.motion, made.fill), made);
});

test('the identity changes no pixel', () => {
  const image = sourceOf({ from: [3, 6, 5] });
  expect(warpAffine(image, { angle: 0, shift: [0, 0], scale: 1, shear: [0, 0] })).toEqual(image);
});
