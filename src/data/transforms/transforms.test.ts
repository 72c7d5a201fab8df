import { expect, test } from 'vitest';
import { flatImage } from '../../../test/images.ts';
import { expectPixels, pillow, sourceOf } from '../../../test/pillow.ts';
import { DataError } from '../../base/errors.ts';
import type { Image } from '../../image/image.ts';
import { Preprocessor } from './preprocessor.ts';
import {
  defaultPreprocessing,
  outputShape,
  type Preprocessing,
  readPreprocessing,
  readTransforms,
  type Transform,
} from './transforms.ts';

const rgb: Image = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 10, 20, 255, 110, 120) };
const normalize = { transform: 'normalize', mean: [1], std: [1] } as const;

/** The pixels after transforms that keep one channel. */
function transformed(image: Image, ...transforms: Transform[]): Image {
  return new Preprocessor([...transforms, normalize]).pixels(image);
}

test('the list ends with float32 in the order [C, H, W], written at an offset', () => {
  const preprocessor = new Preprocessor([{ transform: 'normalize', mean: [0, 10, 20], std: [1, 2, 4] }]);
  const target = new Float32Array(8).fill(9);
  expect(preprocessor.apply(rgb, target, 1)).toEqual([3, 1, 2]);
  expect([...target]).toEqual([9, 0, 255, 0, 50, 0, 25, 9]);
});

test('normalized numbers are those of 32-bit arithmetic', () => {
  const mean = 0.1307 * 255;
  const std = 0.3081 * 255;
  const preprocessor = new Preprocessor([{ transform: 'normalize', mean: [mean], std: [std] }]);
  const { fround } = Math;
  const target = new Float32Array(1);
  for (let pixel = 0; pixel < 256; pixel++) {
    preprocessor.apply(flatImage(pixel, 1, 1), target);
    expect(target[0]).toBe(fround(fround(pixel - fround(mean)) / fround(std)));
  }
});

test('the default resizes, converts and gives -1 .. 1', () => {
  const preprocessing = defaultPreprocessing({ channels: 3, height: 4, width: 6 });
  const target = new Float32Array(72);
  expect(new Preprocessor(preprocessing).apply(flatImage(255), target)).toEqual([3, 4, 6]);
  expect([...target]).toEqual(Array(72).fill(1));
  expect(outputShape(preprocessing, [1, 2, 2])).toEqual([3, 4, 6]);
  const gray = defaultPreprocessing({ channels: 1, height: 1, width: 2 });
  new Preprocessor(gray).apply(rgb, target);
  // Luma of (0, 10, 20) and (255, 110, 120): 8 and 154.
  expect([...target.subarray(0, 2)]).toEqual([(8 - 127.5) / 127.5, (154 - 127.5) / 127.5].map(Math.fround));
});

test.each(pillow.centerCropped)('the center of $from at $size is that of torchvision', (made) => {
  const { size } = made;
  const source = sourceOf(made);
  expectPixels(transformed(source, { transform: 'center-crop', size }), made);
  expect(outputShape([{ transform: 'center-crop', size }], [1, source.height, source.width])).toEqual([
    1,
    ...size,
  ]);
});

test.each(pillow.resizedSides)('$from with a shorter side of $side is that of torchvision', (made) => {
  const source = sourceOf(made);
  const resize = { transform: 'resize', size: made.side } as const;
  expectPixels(transformed(source, resize), made);
  expect(outputShape([resize], [1, source.height, source.width])).toEqual([1, ...made.size]);
});

test('a border makes the image larger', () => {
  const pad = { transform: 'pad', margins: [1, 0, 2, 0], fill: [7] } as const;
  expect([...transformed(flatImage(5, 1, 1), pad).data]).toEqual([7, 5, 7, 7]);
  expect(outputShape([pad], [1, 1, 1])).toEqual([1, 1, 4]);
});

test('a list survives JSON, with its defaults', () => {
  const preprocessing = defaultPreprocessing({ channels: 3, height: 32, width: 24 });
  expect(readPreprocessing(JSON.parse(JSON.stringify(preprocessing)))).toEqual(preprocessing);
  const short = [{ transform: 'horizontal-flip' }, { transform: 'rotation', degrees: [-9, 9] }, normalize];
  const full = [
    { transform: 'horizontal-flip', probability: 0.5 },
    { transform: 'rotation', degrees: [-9, 9], fill: [0] },
    normalize,
  ];
  expect(readTransforms(short, 'list')).toEqual(full);
  expect(readTransforms(JSON.parse(JSON.stringify(full)), 'list')).toEqual(full);
});

test.each([
  [undefined, 'preprocessing is undefined; expected a list'],
  [[], 'expected a list of transforms'],
  [[7], 'preprocessing[0] is 7; expected an object'],
  [[{ transform: 'resiz' }], 'preprocessing[0]: unknown transform "resiz". Did you mean "resize"?'],
  [[{ transform: 'constructor' }], 'unknown transform "constructor"'],
  [
    [{ transform: 'resize', size: [32] }, normalize],
    'preprocessing[0] (resize): size is [32]; expected [height, width]',
  ],
  [[{ transform: 'resize', size: [1, 1e9] }, normalize], 'integers from 1 to 8192'],
  [[{ transform: 'resize', size: 8, interpolation: 'cubic' }, normalize], 'expected bilinear or bicubic'],
  [
    [{ transform: 'pad', margins: [1, 1] }, normalize],
    'margins is [1,1]; expected [left, top, right, bottom]',
  ],
  [
    [{ transform: 'pad', margins: [1, 1, 1, 1], fill: [256] }, normalize],
    'fill is [256]; expected integers from 0 to 255',
  ],
  [[{ transform: 'channels', channels: 4 }, normalize], 'channels is 4; expected 1 or 3'],
  [[{ transform: 'normalize', std: [1] }], 'preprocessing[0] (normalize): mean is missing'],
  [[{ transform: 'normalize', mean: [1], std: [0] }], 'std is [0]; expected one value per channel'],
  [[{ transform: 'normalize', mean: [1], std: ['1'] }], 'std is ["1"]; expected one number'],
  [[normalize, normalize], 'preprocessing[0] is "normalize"; expected exactly one "normalize"'],
  [
    [{ transform: 'channels', channels: 1 }],
    'preprocessing[0] is "channels"; expected exactly one "normalize", at the end',
  ],
  [[{ transform: 'vertical-flip' }, normalize], 'preprocessing[0] is "vertical-flip", which is random'],
  [
    [{ transform: 'vertical-flip', probability: 2 }, normalize],
    'probability is 2; expected a number from 0 to 1',
  ],
  [[{ transform: 'rotation' }, normalize], '(rotation): degrees is missing; expected two numbers'],
  [
    [{ transform: 'rotation', degrees: [9, -9] }, normalize],
    'degrees is [9,-9]; expected the lower number first',
  ],
  [
    [{ transform: 'gaussian-blur', kernel: 4 }, normalize],
    '(gaussian-blur): kernel is 4; expected an odd integer from 1 to 99',
  ],
  [
    [{ transform: 'gaussian-blur', sigma: [0, 1] }, normalize],
    'sigma is [0,1]; expected two numbers from 0.01',
  ],
])('a bad list %j is refused with a DataError', (json, message) => {
  expect(() => readPreprocessing(json)).toThrow(DataError);
  expect(() => readPreprocessing(json)).toThrow(message);
});

test('an image with other channels than normalize says what to put before it', () => {
  const preprocessor = new Preprocessor(normalizeOnly());
  expect(() => preprocessor.apply(rgb, new Float32Array(6))).toThrow(
    "put { transform: 'channels', channels: 1 }",
  );
});

test('an image that does not fit into the target is refused', () => {
  const preprocessor = new Preprocessor(normalizeOnly());
  expect(() => preprocessor.apply(flatImage(1), new Float32Array(5), 2)).toThrow(
    'an image of 4 values does not fit into a target with room for 3',
  );
});

function normalizeOnly(): Preprocessing {
  return [normalize];
}
