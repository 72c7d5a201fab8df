// Compares the operators with PyTorch and finite differences, and runs them on the engines that need no compiler.
import { describe, expect, test } from 'vitest';
import { openEngine } from '../src/engines/index.ts';
import * as activations from '../src/ops/activations.ts';
import { operators } from '../src/ops/index.ts';
import { optimizers } from '../src/optim/optimizers.ts';
import { elementwiseCases } from './elementwise.cases.ts';
import { operatorCases } from './ops.cases.ts';
import { describeOperators, expectValues, feedsOf } from './ops.checks.ts';
import { differences, evaluateInDoubles } from './ops.evaluate.ts';
import { plannedCases, plannedUpdates } from './ops.programs.ts';
import { relativeError, sampledIndices, witness } from './ops.witness.ts';

/** Tolerance in 64 bits: stored values have 8 digits, and constants of graphs 32 bits. */
const DOUBLES = 1e-6;

describe('the table', () => {
  test('has a row for every operator, and a case in every row', () => {
    expect(Object.keys(operatorCases).sort()).toEqual(Object.keys(operators).sort());
    const names = plannedCases.map(({ subject }) => subject);
    const untested = Object.entries(operatorCases).filter(
      ([name, row]) => !('gradientOf' in row) && !names.includes(name),
    );
    expect(untested).toEqual([]);
  });

  test('has a row for every activation and every optimizer', () => {
    const cases = new Set(elementwiseCases.map(({ name }) => name.split('/')[0].toLowerCase()));
    const untested = Object.keys(activations).filter((name) => !cases.has(name.toLowerCase()));
    expect(untested).toEqual(['relu6']); // It is Clip.
    expect(new Set(plannedUpdates.map(({ subject }) => subject))).toEqual(new Set(Object.keys(optimizers)));
  });

  test('names the operator whose cases run a gradient operator', () => {
    for (const [name, row] of Object.entries(operatorCases)) {
      if (!('gradientOf' in row)) continue;
      const tested = plannedCases.filter(({ subject }) => subject === row.gradientOf);
      const programs = tested.map(({ build }) => build().program);
      expect(
        programs.some(({ nodes }) => nodes.some(({ operator }) => operator.name === name)),
        `${name} in the gradients of ${row.gradientOf}`,
      ).toBe(true);
    }
  });

  test('matches the stored reference values', () => {
    expect(plannedCases.map(({ name }) => name).sort()).toEqual(Object.keys(witness.cases).sort());
    expect(plannedUpdates.map(({ name }) => name).sort()).toEqual(Object.keys(witness.updates).sort());
  });
});

describe('formulas against PyTorch', () => {
  test.each(plannedCases)('$name', ({ build }) => {
    const built = build();
    const { outputs, gradients } = witness.cases[built.name];
    expectValues('output', evaluateInDoubles(built.outputs, feedsOf(built)), outputs, DOUBLES);
    expectValues('gradient', evaluateInDoubles(built.gradients, feedsOf(built)), gradients, DOUBLES);
  });
});

describe('gradients against finite differences', () => {
  test.each(plannedCases.filter((planned) => planned.differences))('$name', ({ build }) => {
    const built = build();
    const feeds = feedsOf(built);
    evaluateInDoubles(built.gradients, feeds).forEach((gradient, i) => {
      const target = built.inputs[built.differentiable[i]];
      const indices = sampledIndices(gradient.data.length);
      const estimates = differences(built.loss, feeds, target, indices);
      const exact = indices.map((index) => gradient.data[index]);
      expect(relativeError(exact, estimates), `gradient of ${target.name}`).toBeLessThan(DOUBLES);
    });
  });
});

describe.each([await openEngine('reference'), await openEngine('onnx')])('engine $name', describeOperators);
