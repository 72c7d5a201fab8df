import { expect, test } from 'vitest';
import { flatImage } from '../../../test/images.ts';
import { defaultPreprocessing } from '../transforms/transforms.ts';
import { stackImages } from './batch.ts';

test('images of any size become one batch [N, C, H, W]', () => {
  const preprocessing = defaultPreprocessing({ channels: 1, height: 1, width: 2 });
  const batch = stackImages([flatImage(0, 5, 7), flatImage(255, 3, 2)], preprocessing);
  expect(batch.shape).toEqual([2, 1, 1, 2]);
  expect([...batch.data]).toEqual([-1, -1, 1, 1]);
});

test('no image, and images of different shapes, are refused', () => {
  expect(() => stackImages([], defaultPreprocessing({ channels: 1, height: 1, width: 1 }))).toThrow(
    'at least one image',
  );
  const images = [flatImage(0, 2, 2), flatImage(0, 3, 2)];
  expect(() => stackImages(images, [{ transform: 'normalize', mean: [0], std: [1] }])).toThrow(
    "the image is [1, 3, 2] after preprocessing, but others of its batch are [1, 2, 2]; put { transform: 'resize'",
  );
});
