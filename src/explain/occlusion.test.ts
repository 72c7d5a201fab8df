// Occlusion maps.
import { expect, test } from 'vitest';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { Predictor } from '../evaluation/predictor.ts';
import type { Image } from '../image/image.ts';
import { defineModel, Flatten, Linear, Sequential, sigmoidCrossEntropy } from '../nn/index.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { occlude, occlusionWindow } from './occlusion.ts';

const SIZE = 5;
/** Index of the one pixel that the network depends on. */
const PIXEL = 1 * SIZE + 3;
const normalization: Preprocessing = [{ transform: 'normalize', mean: [0], std: [255] }];
const white: Image = { width: SIZE, height: SIZE, channels: 1, data: new Uint8Array(SIZE * SIZE).fill(255) };

/** A network whose logit is twice the value of one pixel, for images of 5 x 5 pixels. */
function onePixelSession(): Predictor {
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(SIZE * SIZE, 1, { bias: false }) });
  const model = defineModel({ name: 'one pixel', network, input: [1, SIZE, SIZE], classes: 1 });
  const session = new Predictor({
    engine: referenceEngine,
    model,
    loss: sigmoidCrossEntropy(),
    batchSize: 4,
  });
  const weight = floatTensor(
    [1, SIZE * SIZE],
    Array.from({ length: SIZE * SIZE }, (_, i) => (i === PIXEL ? 2 : 0)),
  );
  session.write(new Map([['fc.weight', weight]]));
  return session;
}

test('the probability drops only where the square covers the pixel that the class depends on', async () => {
  const seen: number[] = [];
  const [no, yes] = await occlude(white, {
    session: onePixelSession(),
    window: { side: 2, stride: 2 },
    classes: [0, 1],
    normalization,
    onProgress: (done) => seen.push(done),
  });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const drop = sigmoid(2) - sigmoid((2 * 128) / 255);
  expect([yes.lefts, yes.tops]).toEqual([
    [0, 2, 3],
    [0, 2, 3],
  ]);
  // Squares from columns 2 and 3 of the first row cover the pixel in row 1, column 3.
  const expected = [0, drop, drop, 0, 0, 0, 0, 0, 0];
  expected.forEach((value, i) => {
    expect(yes.drops.data[i]).toBeCloseTo(value, 6);
    expect(no.drops.data[i]).toBeCloseTo(-value, 6);
  });
  expect(seen).toEqual([4, 8, 9]);
});

test('a pixel shows the mean drop of the squares that cover it', async () => {
  const window = { side: 2, stride: 1 };
  const [map] = await occlude(white, { session: onePixelSession(), window, classes: [1], normalization });
  const { meanDrops, drops } = map;
  expect([meanDrops.height, meanDrops.width]).toEqual([SIZE, SIZE]);
  const largest = Math.max(...drops.data);
  expect(meanDrops.data[PIXEL]).toBeCloseTo(largest, 6);
  expect(meanDrops.data[PIXEL - 1]).toBeCloseTo(largest / 2, 6);
  expect(meanDrops.data[0]).toBe(0);
});

test('the side of the square defaults to a seventh of the image', () => {
  const photo = { ...white, width: 300, height: 224 };
  expect(occlusionWindow(photo, {})).toEqual({ side: 32, stride: 16 });
  expect(occlusionWindow(white, {})).toEqual({ side: 1, stride: 1 });
  expect(occlusionWindow(photo, { side: 40 })).toEqual({ side: 40, stride: 20 });
  expect(() => occlusionWindow(white, { side: 6 })).toThrow(
    /side of the occluding square must be an integer from 1 to 5 .*5 x 5 pixels.*got 6/,
  );
  expect(() => occlusionWindow(white, { side: 2, stride: 3 })).toThrow(
    /stride of the occluding square must be an integer from 1 to 2 .*got 3/,
  );
});
