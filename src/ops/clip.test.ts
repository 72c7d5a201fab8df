import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { Clip, ClipGrad, relu6 } from './activations.ts';
import { floatType } from './check.ts';
import { compute, gradientError, run } from './run.ts';

const x = floatTensor([6], [-1, 0, 2, 4, 6, 9]);

test('ReLU6 keeps what lies between 0 and 6', () => {
  expect([...compute([x], relu6).data]).toEqual([0, 0, 2, 4, 6, 6]);
});

test('its gradient is 0 on the borders, as that of torch.nn.ReLU6', () => {
  const dy = floatTensor([6], [1, 2, 3, 4, 5, 6]);
  expect([...run(ClipGrad, [dy, compute([x], relu6)], { min: 0, max: 6 })[0].data]).toEqual([
    0, 0, 3, 4, 0, 0,
  ]);
});

test('its gradient elsewhere is that of differences', () => {
  expect(gradientError(Clip, [floatTensor([3], [-3, 0.5, 3])], { min: -1, max: 2 })).toBeLessThan(1e-4);
});

test('an empty interval is an error', () => {
  expect(() => Clip.infer([floatType([2])], { min: 6, max: 0 })).toThrow('Clip has min 6 and max 0');
});
