// Whole models by thread pools of different sizes: one result, whatever the number of threads, and the same bits every time.
import { availableParallelism } from 'node:os';
import { expect } from 'vitest';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { createModel } from '../src/models/index.ts';
import { BasicBlock } from '../src/models/resnet-blocks.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  type Model,
  ReLU,
  Sequential,
} from '../src/nn/index.ts';
import { nativeTest, toolchain } from './native.ts';
import { relativeError } from './ops.witness.ts';
import { lossesOf, prepare, valuesOf } from './prepared.ts';

const models: Readonly<Record<string, Model>> = {
  'LeNet-5': createModel('lenet5'),
  'a residual network': residualModel(),
};
const threadCounts = [1, 2, 3, 5, availableParallelism() + 6];
const STEPS = 3;

/** Channels and pixels in odd numbers, so that the threads' work differs. */
function residualModel(): Model {
  const network = new Sequential([
    new Conv2d(3, 20, 3, { padding: 1, bias: false }),
    new BatchNorm2d(20),
    new ReLU(),
    new BasicBlock({ inputs: 20, width: 37, stride: 2, shortcut: 'projection' }),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(37, 10),
  ]);
  return defineModel({ name: 'residual', network, input: [3, 13, 11], classes: 10 });
}

interface Trained {
  readonly losses: number[];
  readonly values: Record<string, number[]>;
}

async function train(model: Model, threads: number): Promise<[Trained, Trained]> {
  const runtime = await openRuntime(toolchain, threads);
  const engine = nativeEngine(runtime);
  const once = async () => {
    const { trainProgram, state, feedsOf } = prepare(engine, model, 4);
    const losses = await lossesOf(await engine.compile(trainProgram, state), feedsOf(trainProgram), STEPS);
    return { losses, values: valuesOf(state) };
  };
  const twice = [await once(), await once()] as [Trained, Trained];
  runtime.dispose();
  return twice;
}

nativeTest.each(Object.entries(models))(
  '%s trains alike by any number of threads',
  async (_, model) => {
    let alone: Trained | undefined;
    for (const threads of threadCounts) {
      const [first, second] = await train(model, threads);
      expect(second, `${threads} threads, twice`).toEqual(first);
      alone ??= first;
      expect(relativeError(first.losses, alone.losses), `losses by ${threads} threads`).toBeLessThan(1e-4);
      for (const [name, value] of Object.entries(first.values)) {
        const error = relativeError(value, alone.values[name]);
        expect(error, `${name} by ${threads} threads`).toBeLessThan(1e-3);
      }
    }
  },
  300_000,
);
