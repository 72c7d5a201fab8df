// Training against PyTorch: 20 steps of a small network with every optimizer, schedule and update option, on every engine.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Engine } from '../src/engines/engine.ts';
import {
  BatchNorm2d,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  type Model,
  namedParameters,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../src/nn/index.ts';
import { adam, adamw } from '../src/optim/adam.ts';
import { momentum, nesterov } from '../src/optim/momentum.ts';
import type { Optimizer } from '../src/optim/optimizer.ts';
import type { Schedule } from '../src/optim/schedule-settings.ts';
import { ratesOf } from '../src/optim/schedules.ts';
import { sgd } from '../src/optim/sgd.ts';
import type { UpdateSettings } from '../src/optim/update-settings.ts';
import { intTensor } from '../src/tensor/tensor.ts';
import { freeze } from '../src/train/fine-tuning.ts';
import { TrainStep } from '../src/train/step.ts';
import { testedEngines } from './engines.ts';
import { formulaTensor } from './formula.ts';
import { relativeError } from './ops.witness.ts';

interface ReferenceRun {
  readonly losses: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

const witness = JSON.parse(readFileSync(new URL('./witness/updates.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, ReferenceRun>>;
};

const BATCH = 6;

interface Case {
  readonly optimizer: Optimizer;
  readonly learningRate?: number;
  readonly schedule?: Schedule;
  readonly update?: UpdateSettings;
  readonly freeze?: readonly string[];
  readonly stepsPerEpoch?: number;
}

const slow = { learningRate: 0.01 };
const decayed = momentum({ weightDecay: 0.05 });
const oneCycle: Schedule = { name: 'one-cycle' };

/** Rows of scripts/witness/updates.py. */
const cases: Readonly<Record<string, Case>> = {
  sgd: { optimizer: sgd() },
  'sgd with decay': { optimizer: sgd({ weightDecay: 0.05 }) },
  'momentum with decay': { optimizer: decayed },
  'nesterov with decay': { optimizer: nesterov({ weightDecay: 0.05 }) },
  adam: { optimizer: adam(), ...slow },
  'adam with decay': { optimizer: adam({ weightDecay: 0.05 }), ...slow },
  'adamw with decay': { optimizer: adamw({ weightDecay: 0.05 }), ...slow },
  'momentum over one cycle': { optimizer: decayed, schedule: oneCycle },
  'adamw along a cosine': { optimizer: adamw({ weightDecay: 0.05 }), ...slow, schedule: { name: 'cosine' } },
  'decay of weights alone': { optimizer: decayed, update: { decay: 'weights' } },
  'adamw with decay of weights alone': {
    optimizer: adamw({ weightDecay: 0.05 }),
    ...slow,
    update: { decay: 'weights' },
  },
  clipped: { optimizer: decayed, update: { clipNorm: 0.5 } },
  'four batches to an update': { optimizer: decayed, update: { accumulate: 4 } },
  'adam with four batches to an update': { optimizer: adam(), ...slow, update: { accumulate: 4 } },
  'the batches left at the end of an epoch': {
    optimizer: decayed,
    update: { accumulate: 4 },
    stepsPerEpoch: 10,
  },
  'one update an epoch': {
    optimizer: adam(),
    ...slow,
    update: { clipNorm: 0.5, accumulate: 1000, ema: 0.8 },
    stepsPerEpoch: 5,
  },
  averages: { optimizer: decayed, update: { ema: 0.8 } },
  'frozen convolution': { optimizer: decayed, freeze: ['conv'] },
  'frozen normalisation': { optimizer: decayed, freeze: ['bn'] },
  everything: {
    optimizer: decayed,
    schedule: oneCycle,
    update: { decay: 'weights', clipNorm: 0.5, accumulate: 4, ema: 0.8 },
    freeze: ['conv', 'bn'],
  },
};

function smallModel(): Model {
  const network = new Sequential({
    conv: new Conv2d(1, 4, 3, { bias: false }),
    bn: new BatchNorm2d(4),
    relu: new ReLU(),
    flatten: new Flatten(),
    fc: new Linear(16, 3),
  });
  return defineModel({ name: 'small', network, input: [1, 4, 4], classes: 3 });
}

function startOf(model: Model) {
  return new Map(
    [...namedParameters(model.network).values()].map(({ name, shape }) => {
      const { data, ...rest } = formulaTensor(name, shape);
      const aroundOne = name === 'bn.weight' || name === 'bn.running_var';
      return [name, { ...rest, data: data.map((value) => (aroundOne ? 1 + 0.25 * value : 0.5 * value)) }];
    }),
  );
}

async function trained(engine: Engine, { learningRate = 0.1, schedule, ...choice }: Case, steps: number) {
  const model = smallModel();
  freeze(model, choice.freeze ?? []);
  const { optimizer, update = {}, stepsPerEpoch = steps } = choice;
  const rates = ratesOf(schedule ?? { name: 'constant' }, learningRate, { steps, stepsPerEpoch: steps });
  const trainStep = new TrainStep({
    engine,
    model,
    loss: softmaxCrossEntropy(),
    batchSize: BATCH,
    optimizer,
    update,
    stepsPerEpoch,
  });
  trainStep.predictor.write(startOf(model));
  trainStep.startAverages();
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const labels = Array.from({ length: BATCH }, (_, i) => (i * (step + 1)) % 3);
    const inputs = { learningRate: rates(step), step: step + 1, seed: 0 };
    const images = formulaTensor(`images ${step}`, [BATCH, 1, 4, 4]);
    losses.push((await trainStep.run(images, intTensor([BATCH], labels), inputs)).loss);
  }
  const { weights } = trainStep.readWeights();
  trainStep.dispose();
  return { losses, weights };
}

const rows = testedEngines.flatMap((engine) =>
  Object.entries(witness.cases).map(([name, expected]) => ({ engine, name, expected })),
);

test.each(rows)('$engine.name trains as PyTorch does: $name', async ({ engine, name, expected }) => {
  const { losses, weights } = await trained(engine, cases[name], expected.losses.length);
  expect(relativeError(losses, expected.losses)).toBeLessThan(1e-5);
  const errors = Object.entries(expected.weights).map(
    ([weight, values]) => [weight, relativeError(weights.get(weight)!.data, values)] as const,
  );
  expect(errors.filter(([, error]) => !(error < 1e-5))).toEqual([]);
});
