import { expect, test } from 'vitest';
import { gradients } from '../src/autodiff/gradients.ts';
import { Graph } from '../src/graph/graph.ts';
import { StochasticDepth } from '../src/nn/layers/stochastic-depth.ts';
import { randomKeyTensor } from '../src/nn/random-key.ts';
import { mul } from '../src/ops/arithmetic.ts';
import { dropoutMask } from '../src/ops/dropout.ts';
import { reduceSum } from '../src/ops/reduce-sum.ts';
import { randomTensor } from '../src/ops/run.ts';
import { toProgram } from '../src/program/program.ts';
import { testedEngines } from './engines.ts';

const shape = [8, 3, 2, 2];

test('in inference the layer is the identity', () => {
  const x = new Graph('inference').input('images', { shape, dtype: 'float32' }, 'batch');
  expect(new StochasticDepth(0.5).call(x)).toBe(x);
});

test.each(testedEngines)('in training whole images are 0 or doubled: $name', async (engine) => {
  const [images, outer] = [randomTensor(shape), randomTensor(shape, 'gradient')];
  const graph = new Graph('training');
  const x = graph.input('images', { shape, dtype: 'float32' }, 'batch');
  const y = new StochasticDepth(0.5).call(x);
  const [gradient] = gradients(reduceSum(mul(y, graph.constant(outer))), [x]);
  const executable = await engine.compile(
    toProgram('stochastic depth', graph, { y, gradient }),
    engine.createState([]),
  );
  const random = randomKeyTensor(7, 3);
  const found = await executable.run({ images, random });
  executable.dispose();
  const factors = dropoutMask(random.data, 'dropout ', 0.5, shape[0]);
  expect(new Set(factors)).toEqual(new Set([0, 2]));
  const scaled = (values: Float32Array) => values.map((value, i) => value * factors[Math.floor(i / 12)]);
  expect(found.y.data).toEqual(scaled(images.data));
  expect(found.gradient.data).toEqual(scaled(outer.data));
});
