// All experiments can be built, and their results get the right verdicts.
import { expect, test } from 'vitest';
import { parseAugmentation } from '../data/index.ts';
import { classCount } from '../metrics/index.ts';
import { createModel, parseModelOptions } from '../models/index.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import { parseSchedule } from '../optim/schedule-settings.ts';
import { preprocessingFor } from '../train/index.ts';
import {
  comparisons,
  comparisonVerdict,
  type Experiment,
  experimentResult,
  experiments,
  findExperiment,
  pairedDifference,
  resultVerdict,
  type SeedRun,
} from './index.ts';

const classesOf = { mnist: 10, palm: 2, cifar10: 10 } as Readonly<Record<string, number>>;

test.each(Object.entries<Experiment>(experiments))(
  '%s names a network, an optimizer and what else there is as they are',
  (_, { setting }) => {
    const { model, option = [], input, data, optimizer, momentum, weightDecay } = setting;
    const { augment, schedule, warmup } = setting;
    const { classes = classesOf[data] } = setting;
    const options = { ...parseModelOptions(model, option), classes, ...(input && { input }) };
    const built = createModel(model, options);
    expect(classCount(built.classes)).toBe(classesOf[data]);
    if (augment) parseAugmentation(augment, preprocessingFor(built), built.input);
    if (schedule) expect(schedule).toContain(parseSchedule(schedule, warmup).name);
    const created = createOptimizer(optimizer, {
      ...(momentum !== undefined && { momentum }),
      ...(weightDecay !== undefined && { weightDecay }),
    });
    expect(created.name).toBe(optimizer);
  },
);

test.each(Object.values(comparisons))(
  '$title has the difference of the published results',
  ({ first, second, book }) => {
    const difference = findExperiment(first).book.accuracy! - findExperiment(second).book.accuracy!;
    expect(book.accuracy).toBeCloseTo(difference, 12);
  },
);

test('the error for an unknown experiment lists the known ones', () => {
  expect(() => findExperiment('lenet')).toThrow(
    /unknown experiment "lenet". Did you mean "lenet5"\? Known: lenet5, .*residual/,
  );
});

/** Runs with these numbers of correctly classified images out of 200. */
function createRuns(correct: readonly number[]): SeedRun[] {
  return correct.map((right, seed) => ({
    seed,
    run: `run-${seed}`,
    engine: 'reference',
    split: 'test',
    count: 200,
    accuracy: right / 200,
    interval: [0.8, 0.9],
    loss: 0.5 + seed / 10,
    bestStep: 1,
    seconds: 1,
  }));
}

test('a result has mean, range and interval of the accuracies, and the mean loss', () => {
  // The values of these five according to SciPy (scripts/witness/samples.py).
  const result = experimentResult(createRuns([182, 164, 188, 190, 183]));
  expect(result).toMatchObject({ min: 0.82, max: 0.95, intervalOf: 'mean over seeds' });
  expect(result.mean).toBeCloseTo(0.907, 12);
  expect(result.loss).toBeCloseTo(0.7, 12);
});

test('a single run has the interval of its own images, and no standard deviation', () => {
  expect(experimentResult(createRuns([170]))).toMatchObject({
    std: null,
    interval: [0.8, 0.9],
    intervalOf: 'single run',
  });
});

test('the interval of a mean is clipped to 0 and 1', () => {
  expect(experimentResult(createRuns([200, 150])).interval).toEqual([expect.any(Number), 1]);
});

test.each([
  ['Yes: the whole interval is above it', [180, 182, 181], 'outside'],
  ['Probably: the result is not lower', [170, 176, 178], 'inside'],
  ['Not shown: the result is lower', [160, 168, 174], 'inside'],
  ['No: the whole interval is below it', [164, 163, 165], 'inside'],
  ['No: the whole interval is below it', [150, 152, 151], 'outside'],
])('compared with a published 0.86: %s', (answer, correct, position) => {
  const verdict = resultVerdict(experimentResult(createRuns(correct)), {
    accuracy: 0.86,
    count: 200,
    source: 'a textbook',
  });
  expect(verdict).toContain(`At least as good as the published 0.8600? ${answer}`);
  expect(verdict).toContain(
    `one run on 200 images (95% CI 0.8051–0.9013); this result is ${position} that interval.`,
  );
});

test('a single run is named as such, and so is a missing published result', () => {
  expect(resultVerdict(experimentResult(createRuns([170])), { source: 'a textbook' })).toBe(
    'The accuracy of one run is 0.8500 (95% CI 0.8000–0.9000); there is no published result to compare it with. ' +
      'The interval accounts for the 200 test images only, not for the seed; use --seeds 5 to include it.',
  );
});

test.each([
  ['Yes, it increases accuracy.', [180, 182, 185, 181, 190, 186], [170, 171, 170, 169, 175, 176]],
  ['No, it decreases accuracy.', [170, 171, 170, 169, 175, 176], [180, 182, 185, 181, 190, 186]],
  ['There is no significant difference.', [180, 160, 170, 175], [170, 171, 170, 170]],
])('comparison of two experiments: %s', (answer, first, second) => {
  const verdict = comparisonVerdict(
    pairedDifference(createRuns(first), createRuns(second)),
    comparisons.residual,
  );
  expect(verdict).toContain(
    `Does the residual connection help? ${answer} With these settings and ${first.length} seeds`,
  );
});

test('the verdict of a comparison has its mean, its interval and both tests', () => {
  const advantage = pairedDifference(createRuns([182, 180, 181]), createRuns([180, 180, 177]));
  expect(advantage.runs.map(({ difference }) => difference)).toEqual([0.01, 0, 0.02]);
  expect(comparisonVerdict(advantage, comparisons.residual)).toMatch(
    /\+0\.0100 on average \(95% CI −0\.0148 to \+0\.0348\)\. It is higher for 2 seeds, lower for 0 and equal for 1\./,
  );
});

test('a comparison of one seed is refused', () => {
  expect(() => pairedDifference(createRuns([182]), createRuns([180]))).toThrow(/use --seeds 2 or more/);
});
