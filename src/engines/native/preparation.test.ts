// What programs make of variables once, and when they make it again.
import { expect } from 'vitest';
import { relativeError } from '../../../test/kernels.ts';
import { nativeTest } from '../../../test/native.ts';
import { prepare } from '../../../test/prepared.ts';
import { BatchNorm2d, Conv2d, defineModel, Flatten, Linear, ReLU, Sequential } from '../../nn/index.ts';
import { floatTensor, type Tensor } from '../../tensor/tensor.ts';
import type { Engine, State } from '../engine.ts';
import { referenceEngine } from '../reference/index.ts';
import { openNativeEngine } from './index.ts';

/** Convolutions whose weights are worth transforming, with channels that fill no vector, and statistics to fold. */
const model = defineModel({
  name: 'prepared',
  network: new Sequential({
    conv1: new Conv2d(20, 33, 3, { padding: 1, bias: false }),
    bn1: new BatchNorm2d(33),
    relu1: new ReLU(),
    conv2: new Conv2d(33, 50, 3),
    relu2: new ReLU(),
    flatten: new Flatten(),
    fc: new Linear(50 * 14 * 14, 3),
  }),
  input: [20, 16, 16],
  classes: 3,
});

nativeTest('predictions follow weights that are written or trained after the first one', async () => {
  const engine = await openNativeEngine({ threads: 2 });
  const { forwardProgram, trainProgram, state, feedsOf } = prepare(engine, model, 4);
  const forward = await engine.compile(forwardProgram, state);
  const feeds = feedsOf(forwardProgram);
  const logits = async () => (await forward.run(feeds)).logits;
  const recomputed = async (other: Engine): Promise<Tensor> => {
    const copy = copyOf(state, other);
    return (await (await other.compile(forwardProgram, copy)).run(feeds)).logits;
  };

  const first = await logits();
  expect(relativeError(first, await recomputed(referenceEngine))).toBeLessThan(1e-5);
  expect(await logits()).toEqual(first);

  const { shape, data } = state.read('conv2.weight');
  state.write(
    'conv2.weight',
    floatTensor(
      shape,
      data.map((weight) => -2 * weight),
    ),
  );
  const written = await logits();
  expect(relativeError(written, first)).toBeGreaterThan(0.1);
  expect(written).toEqual(await recomputed(engine));

  const train = await engine.compile(trainProgram, state);
  await train.run(feedsOf(trainProgram));
  const trained = await logits();
  expect(trained).not.toEqual(written);
  expect(trained).toEqual(await recomputed(engine));
});

/** The same values in a state of another engine, or another state of this one. */
function copyOf(state: State, engine: Engine): State {
  const copy = engine.createState(state.variables);
  for (const { name } of state.variables) copy.write(name, state.read(name));
  return copy;
}
