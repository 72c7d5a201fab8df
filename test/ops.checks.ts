// Runs the operator cases on an engine and compares outputs and gradients with the reference computations in 64
// bits, and optimizer updates with PyTorch or the papers.
import { expect, test } from 'vitest';
import type { Engine } from '../src/engines/engine.ts';
import { dropoutMask } from '../src/ops/dropout.ts';
import { intTensor, type Tensor } from '../src/tensor/tensor.ts';
import { evaluateInDoubles } from './ops.evaluate.ts';
import { type BuiltCase, type BuiltUpdate, plannedCases, plannedUpdates } from './ops.programs.ts';
import { relativeError, sampledValues, type UpdateWitness, witness } from './ops.witness.ts';

const FORWARD = 1e-5;
const GRADIENT = 1e-4;

/** Input tensors of a case, by value. */
export function feedsOf({ inputs, feeds }: BuiltCase) {
  return new Map(inputs.map((input) => [input, feeds[input.name].data]));
}

/** Fails unless the tensors match the stored reference values. */
export function expectValues(
  what: string,
  actual: readonly Tensor[],
  expected: readonly (readonly number[])[],
  tolerance: number,
): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach(({ data }, i) => {
    expect(relativeError(sampledValues(data), expected[i]), `${what} ${i}`).toBeLessThan(tolerance);
  });
}

/** Fails unless outputs and gradients of the engine match the reference computation. */
export async function checkCase(engine: Engine, built: BuiltCase): Promise<void> {
  const results = await runCase(engine, built);
  const feeds = feedsOf(built);
  const compare = (prefix: string, expected: readonly Tensor[], tolerance: number) =>
    expected.forEach(({ shape, data }, i) => {
      const actual = results[`${prefix}${i}`];
      expect(actual.shape).toEqual(shape);
      expect(relativeError(actual.data, data), `${prefix} ${i}`).toBeLessThan(tolerance);
    });
  compare('output', evaluateInDoubles(built.outputs, feeds), FORWARD);
  compare('gradient', evaluateInDoubles(built.gradients, feeds), GRADIENT);
}

/** Fails unless weights and optimizer state match the reference after every step. */
export async function checkUpdates(
  engine: Engine,
  built: BuiltUpdate,
  expected: UpdateWitness,
): Promise<void> {
  const { weights, state } = await runUpdates(engine, built);
  expectValues('weight', weights, expected.weights, FORWARD);
  expectValues('state', state, expected.state, FORWARD);
}

export async function runCase(
  engine: Engine,
  { program, feeds }: BuiltCase,
): Promise<Record<string, Tensor>> {
  const state = engine.createState([]);
  const executable = await engine.compile(program, state);
  const used = program.inputs.map(({ name }) => [name, feeds[name]] as const);
  const results = await executable.run(Object.fromEntries(used));
  executable.dispose();
  state.dispose();
  return results;
}

/** The weight after each step, and the optimizer state after the last. */
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
  const optimizerState = variables.slice(1).map(({ name }) => state.read(name));
  executable.dispose();
  state.dispose();
  return { weights, state: optimizerState };
}

/** Declares the tests of all operators on an engine. */
export function describeOperators(engine: Engine): void {
  test.each(plannedCases)('$name', ({ build }) => checkCase(engine, build()));

  test.each(plannedUpdates)('$name matches the reference step by step', ({ name, build }) =>
    checkUpdates(engine, build(), witness.updates[name]),
  );

  test('Dropout uses the mask generated on the host', async () => {
    const built = caseNamed('Dropout/half');
    const { output1 } = await runCase(engine, built);
    const key = built.feeds.input1.data;
    expect([...output1.data]).toEqual([...dropoutMask(key, 'dropout fc1', 0.5, output1.data.length)]);
  });

  test('a label out of range is an error', async () => {
    const built = caseNamed('SoftmaxCrossEntropyLoss/labels');
    const wrong = { ...built, feeds: { ...built.feeds, input1: intTensor([5], [0, 6, 2, 7, 1]) } };
    await expect(runCase(engine, wrong)).rejects.toThrow(
      'label 3 of the batch is 7, but there are 7 classes',
    );
  });
}

function caseNamed(title: string): BuiltCase {
  return plannedCases.find(({ name }) => name === title)!.build();
}
