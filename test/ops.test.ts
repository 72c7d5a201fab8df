import { describe, expect, test } from 'vitest';
import type { Engine } from '../src/engines/engine.ts';
import { dropoutMask } from '../src/ops/dropout.ts';
import { operators } from '../src/ops/index.ts';
import { intTensor, type Tensor } from '../src/tensor/tensor.ts';
import { testedEngines } from './engines.ts';
import { operatorCases } from './ops.cases.ts';
import { differences, evaluateInDoubles } from './ops.evaluate.ts';
import { type BuiltCase, type BuiltUpdate, plannedCases, plannedUpdates } from './ops.programs.ts';
import { figuresOf, relativeError, sampledPlaces, witness } from './ops.witness.ts';

/** Rounding to 8 digits, and constants of the graph that are 32-bit numbers. */
const DOUBLES = 1e-6;
const FORWARD = 1e-5;
const GRADIENT = 1e-4;

describe('the table', () => {
  test('has a row for every operator, and a case in every row', () => {
    expect(Object.keys(operatorCases).sort()).toEqual(Object.keys(operators).sort());
    const names = [...plannedCases, ...plannedUpdates].map(({ operator }) => operator as string);
    const untested = Object.entries(operatorCases).filter(
      ([name, row]) => !('gradientOf' in row) && !names.includes(name),
    );
    expect(untested).toEqual([]);
  });

  test('says of a gradient operator whose cases run it', () => {
    for (const [name, row] of Object.entries(operatorCases)) {
      if (!('gradientOf' in row)) continue;
      const tested = plannedCases.filter(({ operator }) => operator === row.gradientOf);
      const programs = tested.map(({ build }) => build().program);
      expect(
        programs.some(({ nodes }) => nodes.some(({ operator }) => operator.name === name)),
        `${name} in the gradients of ${row.gradientOf}`,
      ).toBe(true);
    }
  });

  test('is what the figures were computed from', () => {
    expect(plannedCases.map(({ name }) => name).sort()).toEqual(Object.keys(witness.cases).sort());
    expect(plannedUpdates.map(({ name }) => name).sort()).toEqual(Object.keys(witness.updates).sort());
  });
});

describe('formulas against PyTorch', () => {
  test.each(plannedCases)('$name', ({ build }) => {
    const built = build();
    const { outputs, gradients } = witness.cases[built.name]!;
    expectFigures('output', evaluateInDoubles(built.outputs, feedsOf(built)), outputs);
    expectFigures('gradient', evaluateInDoubles(built.gradients, feedsOf(built)), gradients);
  });
});

describe('gradients against differences', () => {
  test.each(plannedCases.filter((planned) => planned.differences))('$name', ({ build }) => {
    const built = build();
    const feeds = feedsOf(built);
    evaluateInDoubles(built.gradients, feeds).forEach((gradient, i) => {
      const target = built.inputs[built.differentiable[i]!]!;
      const places = sampledPlaces(gradient.data.length);
      const estimates = differences(built.loss, feeds, target, places);
      const exact = places.map((place) => gradient.data[place]!);
      expect(relativeError(exact, estimates), `gradient of ${target.name}`).toBeLessThan(DOUBLES);
    });
  });
});

describe.each(testedEngines)('engine $name', (engine) => {
  test.each(plannedCases)('$name', async ({ build }) => {
    const built = build();
    const results = await runCase(engine, built);
    const feeds = feedsOf(built);
    const compare = (prefix: string, expected: readonly Tensor[], tolerance: number) =>
      expected.forEach(({ shape, data }, i) => {
        const actual = results[`${prefix}${i}`]!;
        expect(actual.shape).toEqual(shape);
        expect(relativeError(actual.data, data), `${prefix} ${i}`).toBeLessThan(tolerance);
      });
    compare('output', evaluateInDoubles(built.outputs, feeds), FORWARD);
    compare('gradient', evaluateInDoubles(built.gradients, feeds), GRADIENT);
  });

  test.each(plannedUpdates)('$name, step after step as torch.optim', async ({ name, build }) => {
    const { weights, state } = await runUpdates(engine, build());
    const expected = witness.updates[name]!;
    expectFigures('weight', weights, expected.weights, FORWARD);
    expectFigures('state', state, expected.state, FORWARD);
  });

  test('Dropout has the mask that is made on the host', async () => {
    const built = caseNamed('Dropout/half');
    const { output1 } = await runCase(engine, built);
    const key = built.feeds.input1!.data;
    expect([...output1!.data]).toEqual([...dropoutMask(key, 'dropout fc1', 0.5, output1!.data.length)]);
  });

  test('a label that is no class is an error', async () => {
    const built = caseNamed('SoftmaxCrossEntropyLoss/labels');
    const wrong = { ...built, feeds: { ...built.feeds, input1: intTensor([5], [0, 6, 2, 7, 1]) } };
    await expect(runCase(engine, wrong)).rejects.toThrow(
      'label 3 of the batch is 7, but there are 7 classes',
    );
  });
});

function caseNamed(wanted: string): BuiltCase {
  return plannedCases.find(({ name }) => name === wanted)!.build();
}

function feedsOf({ inputs, feeds }: BuiltCase) {
  return new Map(inputs.map((input) => [input, feeds[input.name]!.data]));
}

function expectFigures(
  what: string,
  actual: readonly Tensor[],
  expected: readonly (readonly number[])[],
  tolerance = DOUBLES,
): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach(({ data }, i) => {
    expect(relativeError(figuresOf(data), expected[i]!), `${what} ${i}`).toBeLessThan(tolerance);
  });
}

async function runCase(engine: Engine, { program, feeds }: BuiltCase): Promise<Record<string, Tensor>> {
  const state = engine.createState([]);
  const executable = await engine.compile(program, state);
  const used = program.inputs.map(({ name }) => [name, feeds[name]!] as const);
  const results = await executable.run(Object.fromEntries(used));
  executable.dispose();
  state.dispose();
  return results;
}

/** The weight after each step, and what the optimizer keeps after the last. */
async function runUpdates(
  engine: Engine,
  { program, variables, weight, steps }: BuiltUpdate,
): Promise<{ weights: Tensor[]; state: Tensor[] }> {
  const state = engine.createState(variables);
  state.write('weight', weight);
  const executable = await engine.compile(program, state);
  const weights: Tensor[] = [];
  for (const feeds of steps) {
    await executable.run(feeds);
    weights.push(state.read('weight'));
  }
  const kept = variables.slice(1).map(({ name }) => state.read(name));
  executable.dispose();
  state.dispose();
  return { weights, state: kept };
}
