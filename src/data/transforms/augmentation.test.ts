import { expect, test } from 'vitest';
import { UsageError } from '../../base/errors.ts';
import { augmentations, parseAugmentation, readAugmentation } from './augmentation.ts';
import { defaultPreprocessing, outputShape, type Preprocessing, randomTransforms } from './transforms.ts';

const preprocessing = defaultPreprocessing({ channels: 3, height: 32, width: 24 });
const parse = (text: string, list: Preprocessing = preprocessing) =>
  parseAugmentation(text, list, [3, 32, 24]);
const names = (text: string) => parse(text).transforms.map(({ transform }) => transform);

test('names become transforms in a fixed order, with default amounts, before the same normalize', () => {
  const { transforms } = parse('erasing, horizontal-flip');
  expect(transforms).toEqual([
    ...preprocessing.slice(0, -1),
    { transform: 'horizontal-flip', probability: 0.5 },
    { transform: 'erasing', probability: 0.5, area: [0.02, 0.33], ratio: [0.3, 3.3], fill: [128, 128, 128] },
    preprocessing.at(-1),
  ]);
});

test('a number after a name is its amount', () => {
  expect(parse('vertical-flip=0.25').transforms).toContainEqual({
    transform: 'vertical-flip',
    probability: 0.25,
  });
});

test('a random resized crop replaces resizing, and a random crop comes after it', () => {
  const usual: Preprocessing = [
    { transform: 'resize', size: 40 },
    { transform: 'center-crop', size: [32, 24] },
    ...preprocessing.slice(1),
  ];
  const { transforms } = parse('random-resized-crop', usual);
  expect(transforms.map(({ transform }) => transform)).toEqual([
    'random-resized-crop',
    'channels',
    'normalize',
  ]);
  expect(transforms[0]).toMatchObject({ size: [32, 24], area: [0.08, 1] });
  expect(names('random-crop=2')).toEqual(['resize', 'channels', 'pad', 'random-crop', 'normalize']);
  for (const text of ['random-crop', 'random-resized-crop', 'random-resized-crop,random-crop=7']) {
    expect(outputShape(parse(text).transforms, [1, 90, 70])).toEqual([3, 32, 24]);
  }
});

test('affine changes are one transform and color changes another', () => {
  expect(names('shift,rotation=5,hue=0.1,brightness')).toEqual([
    'resize',
    'channels',
    'affine',
    'color-jitter',
    'normalize',
  ]);
  const { transforms } = parse('rotation=5,shear=3,scale=0.2,contrast=0.4');
  expect(transforms[2]).toMatchObject({
    degrees: [-5, 5],
    shearX: [-3, 3],
    scale: [0.8, 1.2],
    shift: [0, 0],
  });
  expect(transforms[3]).toMatchObject({ contrast: [0.6, 1.4], brightness: [1, 1], hue: [0, 0] });
});

test('a blur comes after changes of color and before erasing', () => {
  expect(names('erasing,gaussian-blur,grayscale,vertical-flip')).toEqual([
    'resize',
    'channels',
    'vertical-flip',
    'grayscale',
    'gaussian-blur',
    'erasing',
    'normalize',
  ]);
  expect(parse('gaussian-blur=1').transforms[2]).toEqual({
    transform: 'gaussian-blur',
    sigma: [0.1, 1],
    kernel: 7,
  });
});

test('every random transform of the short form is one of the table, and names occur once', () => {
  const forms = Object.values(randomTransforms).flatMap(({ shortForm }) => shortForm ?? []);
  const known = forms.flatMap(({ amounts }) => Object.keys(amounts));
  expect([...known, 'mixup', 'cutmix']).toEqual(Object.keys(augmentations));
  expect(parse(Object.keys(augmentations).join()).transforms.map(({ transform }) => transform)).toEqual([
    'random-resized-crop',
    'channels',
    'pad',
    ...Object.keys(randomTransforms).filter((name) => !/^rotation$|resized/.test(name)),
    'normalize',
  ]);
});

test('mixing is separate from the transforms', () => {
  expect(parse('mixup,cutmix=0.5')).toEqual({
    transforms: preprocessing,
    mixing: { mixup: 0.2, cutmix: 0.5 },
  });
  expect(parse('grayscale')).not.toHaveProperty('mixing');
});

test('an augmentation survives JSON', () => {
  const augmentation = parse('random-resized-crop,rotation,erasing,mixup');
  expect(readAugmentation(JSON.parse(JSON.stringify(augmentation)))).toEqual(augmentation);
  expect(() => readAugmentation({ transforms: [] })).toThrow('augmentation is []; expected a list');
  expect(() => readAugmentation({ transforms: preprocessing, mixing: {} })).toThrow(
    'augmentation (mixing): has neither',
  );
});

test.each([
  ['', 'unknown augmentation ""'],
  ['flip', 'unknown augmentation "flip". Did you mean'],
  ['rotation=5,rotation=6', 'has rotation twice'],
  [
    'rotation=',
    'the amount of rotation (largest angle to either side in degrees) must be a number from 0 to 180 (default: 10)',
  ],
  ['rotation=left', 'augmentation "rotation=left": the amount of rotation'],
  ['rotation=5=6', 'the amount of rotation'],
  ['horizontal-flip=2', 'the amount of horizontal-flip (probability) must be a number from 0 to 1'],
  ['constructor', 'unknown augmentation "constructor"'],
])('the augmentation "%s" is refused', (text, message) => {
  expect(() => parse(text)).toThrow(UsageError);
  expect(() => parse(text)).toThrow(message);
});
