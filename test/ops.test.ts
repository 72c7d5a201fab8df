import { describe, expect, test } from 'vitest';
import { dropoutMask } from '../src/ops/dropout.ts';
import { operators } from '../src/ops/index.ts';
import { intTensor } from '../src/tensor/tensor.ts';
import { testedEngines } from './engines.ts';
import { operatorCases } from './ops.cases.ts';
import { checkCase, checkUpdates, expectFigures, feedsOf, runCase } from './ops.checks.ts';
import { differences, evaluateInDoubles } from './ops.evaluate.ts';
import { type BuiltCase, plannedCases, plannedUpdates } from './ops.programs.ts';
import { relativeError, sampledPlaces, witness } from './ops.witness.ts';

/** Rounding to 8 digits, and constants of the graph that are 32-bit numbers. */
const DOUBLES = 1e-6;

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
    expectFigures('output', evaluateInDoubles(built.outputs, feedsOf(built)), outputs, DOUBLES);
    expectFigures('gradient', evaluateInDoubles(built.gradients, feedsOf(built)), gradients, DOUBLES);
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
  test.each(plannedCases)('$name', ({ build }) => checkCase(engine, build()));

  test.each(plannedUpdates)('$name, step after step as torch.optim', ({ name, build }) =>
    checkUpdates(engine, build(), witness.updates[name]!),
  );

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
