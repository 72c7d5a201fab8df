// Occlusion maps.
import { expect, test } from 'vitest';
import type { Preprocessing } from '../data/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { Predictor } from '../evaluation/predictor.ts';
import type { Image } from '../image/image.ts';
import { defineModel, Flatten, Linear, Sequential, sigmoidCrossEntropy } from '../nn/index.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { occlude, squareFor } from './occlusion.ts';

const SIZE = 5;
/** Row and column of the one pixel that the network looks at. */
const EYE = 1 * SIZE + 3;
const normalization: Preprocessing = [{ transform: 'normalize', mean: [0], std: [255] }];
const white: Image = { width: SIZE, height: SIZE, channels: 1, data: new Uint8Array(SIZE * SIZE).fill(255) };

/** A network whose logit is twice one pixel, on pictures of 5 x 5 pixels. */
function oneEyed(): Predictor {
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(SIZE * SIZE, 1, { bias: false }) });
  const model = defineModel({ name: 'one eye', network, input: [1, SIZE, SIZE], classes: 1 });
  const session = new Predictor({
    engine: referenceEngine,
    model,
    loss: sigmoidCrossEntropy(),
    batchSize: 4,
  });
  const weight = floatTensor(
    [1, SIZE * SIZE],
    Array.from({ length: SIZE * SIZE }, (_, i) => (i === EYE ? 2 : 0)),
  );
  session.write(new Map([['fc.weight', weight]]));
  return session;
}

test('the class becomes less probable where the square covers what speaks for it, and nowhere else', async () => {
  const seen: number[] = [];
  const [no, yes] = await occlude(white, {
    session: oneEyed(),
    square: { side: 2, stride: 2 },
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
  const square = { side: 2, stride: 1 };
  const [map] = await occlude(white, { session: oneEyed(), square, classes: [1], normalization });
  const { cover, drops } = map;
  expect([cover.height, cover.width]).toEqual([SIZE, SIZE]);
  const largest = Math.max(...drops.data);
  expect(cover.data[EYE]).toBeCloseTo(largest, 6);
  expect(cover.data[EYE - 1]).toBeCloseTo(largest / 2, 6);
  expect(cover.data[0]).toBe(0);
});

test('the square is a seventh of the picture unless chosen, and fits into it', () => {
  const photo = { ...white, width: 300, height: 224 };
  expect(squareFor(photo, {})).toEqual({ side: 32, stride: 16 });
  expect(squareFor(white, {})).toEqual({ side: 1, stride: 1 });
  expect(squareFor(photo, { side: 40 })).toEqual({ side: 40, stride: 20 });
  expect(() => squareFor(white, { side: 6 })).toThrow(/side of the square is 6.*5 x 5 pixels.*from 1 to 5/);
  expect(() => squareFor(white, { side: 2, stride: 3 })).toThrow(/stride is 3.*every pixel.*from 1 to 2/);
});
