// Networks with every kind of activation in every place where kernels finish with one, against the reference engine.
import { expect } from 'vitest';
import { relativeError } from '../../../test/kernels.ts';
import { nativeTest } from '../../../test/native.ts';
import { prepare } from '../../../test/prepared.ts';
import type { Value } from '../../graph/graph.ts';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  MaxPool2d,
  type Model,
  Module,
  Sequential,
} from '../../nn/index.ts';
import { clip, gelu, leakyRelu, sigmoid, silu } from '../../ops/activations.ts';
import type { Engine } from '../engine.ts';
import { referenceEngine } from '../reference/index.ts';
import { openNativeEngine } from './index.ts';

class Activation extends Module {
  private readonly activate: (x: Value) => Value;

  constructor(activate: (x: Value) => Value) {
    super();
    this.activate = activate;
  }

  forward(x: Value): Value {
    return this.activate(x);
  }
}

/** Channels that fill no vector, images of one pixel, and few channels, so that images are in the lanes. */
function modelOf(activate: (x: Value) => Value, width: number): Model {
  const act = () => new Activation(activate);
  const network = new Sequential({
    conv1: new Conv2d(1, width, 3, { padding: 1 }),
    act1: act(),
    pool1: new MaxPool2d(2),
    act2: act(),
    conv2: new Conv2d(width, width, 3, { padding: 1, bias: false }),
    bn2: new BatchNorm2d(width),
    act3: act(),
    pool2: new AvgPool2d(2),
    act4: act(),
    conv3: new Conv2d(width, 2 * width, 2),
    act5: act(),
    flatten: new Flatten(),
    fc1: new Linear(2 * width, 7),
    act6: act(),
    fc2: new Linear(7, 3),
  });
  return defineModel({ name: 'activations', network, input: [1, 8, 8], classes: 3 });
}

async function trained(engine: Engine, model: Model) {
  const { trainProgram, forwardProgram, state, feedsOf } = prepare(engine, model, 16);
  const forward = await engine.compile(forwardProgram, state);
  const { logits } = await forward.run(feedsOf(forwardProgram));
  const train = await engine.compile(trainProgram, state);
  await train.run(feedsOf(trainProgram));
  return [logits, ...state.variables.map(({ name }) => state.read(name))];
}

nativeTest.each([
  ['clip', (x: Value) => clip(x, { min: 0.125, max: 0.75 })],
  ['leakyRelu', (x: Value) => leakyRelu(x)],
  ['silu', silu],
  ['gelu', gelu],
  ['sigmoid', sigmoid],
] as const)('%s', async (_, activate) => {
  const engine = await openNativeEngine({ threads: 2 });
  for (const width of [2, 9]) {
    const found = await trained(engine, modelOf(activate, width));
    const expected = await trained(referenceEngine, modelOf(activate, width));
    const errors = found.map((tensor, i) => relativeError(tensor, expected[i]));
    expect(Math.max(...errors), `${width} channels`).toBeLessThan(2e-5);
  }
});
