import { expect, test } from 'vitest';
import { Conv2d, Linear, Sequential } from './index.ts';
import { type InitName, initialise } from './initialise.ts';

const network = () => new Sequential({ conv: new Conv2d(8, 16, 5), fc: new Linear(300, 200) });

function statistics(scheme: InitName, name: string) {
  const { data } = initialise(network(), scheme, 1).get(name)!;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { deviation: Math.sqrt(variance), largest: Math.max(...data.map(Math.abs)) };
}

test.each<[InitName, string, number]>([
  ['paddle', 'conv.weight', Math.sqrt(2 / 200)],
  ['paddle', 'fc.weight', Math.sqrt(6 / 500) / Math.sqrt(3)],
  ['pytorch', 'conv.weight', 1 / Math.sqrt(200) / Math.sqrt(3)],
  ['pytorch', 'fc.bias', 1 / Math.sqrt(300) / Math.sqrt(3)],
  ['xavier', 'conv.weight', Math.sqrt(6 / (200 + 400)) / Math.sqrt(3)],
  ['kaiming', 'conv.weight', Math.sqrt(2 / 400)],
])('%s draws %s with deviation %f', (scheme, name, expected) => {
  expect(statistics(scheme, name).deviation / expected).toBeCloseTo(1, 1);
});

test('uniform schemes stay within their limit', () => {
  expect(statistics('pytorch', 'fc.weight').largest).toBeLessThanOrEqual(1 / Math.sqrt(300));
});

test('biases start at 0 where the scheme says so', () => {
  for (const scheme of ['paddle', 'xavier'] as const) expect(statistics(scheme, 'conv.bias').largest).toBe(0);
});

test('values follow from the seed', () => {
  const draw = (seed: number) => initialise(network(), 'paddle', seed).get('conv.weight')!.data;
  expect(draw(1)).toEqual(draw(1));
  expect(draw(2)).not.toEqual(draw(1));
});
