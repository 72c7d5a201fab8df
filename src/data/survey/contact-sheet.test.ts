import { expect, test } from 'vitest';
import { countingDataset, flatImage } from '../../../test/images.ts';
import { augmentedSamples, contactSheet, spreadOverClasses } from './contact-sheet.ts';

test('images stand in cells, fitted in their own shape on white', () => {
  const sheet = contactSheet([[flatImage(10), flatImage(20, 4, 8)], [flatImage(30)]], 8);
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([22, 22, 3]);
  const pixel = (x: number, y: number) => sheet.data[3 * (y * 22 + x)];
  expect([pixel(0, 0), pixel(2, 2), pixel(9, 9), pixel(10, 9)]).toEqual([255, 10, 10, 255]);
  expect([pixel(12, 2), pixel(12, 3), pixel(12, 4), pixel(19, 7), pixel(12, 8)]).toEqual([
    255, 255, 20, 20, 255,
  ]);
  expect([pixel(2, 12), pixel(12, 12)]).toEqual([30, 255]);
});

test('samples are spread evenly over each class', () => {
  expect(spreadOverClasses(countingDataset(20), 3)).toEqual([
    [0, 6, 12],
    [1, 7, 13],
  ]);
  expect(spreadOverClasses(countingDataset(3), 5)).toEqual([[0, 2], [1]]);
});

test('an image is shown as the first epochs of training see it', () => {
  const image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) } as const;
  const list = [{ transform: 'horizontal-flip' }, { transform: 'normalize', mean: [0], std: [1] }] as const;
  const shown = augmentedSamples(image, 3, list, 12).map(({ data }) => data.join());
  expect(new Set(shown)).toEqual(new Set(['1,2', '2,1']));
  expect(augmentedSamples(image, 3, list, 12).map(({ data }) => data.join())).toEqual(shown);
});
