// The experiments can be built as they are written down, and their figures are put into the right words.
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
    const made = createOptimizer(optimizer, {
      ...(momentum !== undefined && { momentum }),
      ...(weightDecay !== undefined && { weightDecay }),
    });
    expect(made.name).toBe(optimizer);
  },
);

test.each(Object.values(comparisons))(
  "$title has the difference of the book's figures",
  ({ first, second, book }) => {
    const difference = findExperiment(first).book.accuracy! - findExperiment(second).book.accuracy!;
    expect(book.accuracy).toBeCloseTo(difference, 12);
  },
);

test('an unknown experiment is answered with the right names', () => {
  expect(() => findExperiment('lenet')).toThrow(
    /unknown experiment "lenet". Did you mean "lenet5"\? Known: lenet5, .*residual/,
  );
});

/** Runs that got so many of 200 test images right. */
function runsOf(correct: readonly number[]): SeedRun[] {
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

test('figures are mean, deviation, range and interval of the accuracies, and the mean of the losses', () => {
  // SciPy's figures of these five (scripts/witness/samples.py).
  const figures = experimentResult(runsOf([182, 164, 188, 190, 183]));
  expect(figures).toMatchObject({ min: 0.82, max: 0.95, intervalOf: 'mean over seeds' });
  expect(figures.mean).toBeCloseTo(0.907, 12);
  expect(figures.loss).toBeCloseTo(0.7, 12);
});

test('a single run has the interval of its own images, and no deviation', () => {
  expect(experimentResult(runsOf([170]))).toMatchObject({
    std: null,
    interval: [0.8, 0.9],
    intervalOf: 'single run',
  });
});

test('the interval of a mean ends where accuracies do', () => {
  expect(experimentResult(runsOf([200, 150])).interval).toEqual([expect.any(Number), 1]);
});

test.each([
  ['Yes: the whole interval is above it', [180, 182, 181], 'outside'],
  ['Probably: ours is no lower', [170, 176, 178], 'within'],
  ['Not shown: ours is lower', [160, 168, 174], 'within'],
  ['No: the whole interval is below it', [164, 163, 165], 'within'],
  ['No: the whole interval is below it', [150, 152, 151], 'outside'],
])("beside the book's .86: %s", (answer, correct, place) => {
  const verdict = resultVerdict(experimentResult(runsOf(correct)), {
    accuracy: 0.86,
    count: 200,
    source: 'a book',
  });
  expect(verdict).toContain(`At least as good as the book's 0.8600? ${answer}`);
  expect(verdict).toContain(`one run on 200 images, which alone leaves 0.8051 to 0.9013: ours is ${place}.`);
});

test('one run is called one, and a book without a figure is no measure', () => {
  expect(resultVerdict(experimentResult(runsOf([170])), { source: 'a book' })).toBe(
    'One run gives 0.8500 (95 % interval 0.8000 to 0.9000); the book has no figure to compare it with. ' +
      'The interval is of 200 images; other seeds may differ by more: take --seeds 5.',
  );
});

test.each([
  ['yes, it does', [180, 182, 185, 181, 190, 186], [170, 171, 170, 169, 175, 176]],
  ['no, it does harm', [170, 171, 170, 169, 175, 176], [180, 182, 185, 181, 190, 186]],
  ['that is not shown', [180, 160, 170, 175], [170, 171, 170, 170]],
])('of two experiments, seed by seed: %s', (answer, first, second) => {
  const verdict = comparisonVerdict(pairedDifference(runsOf(first), runsOf(second)), comparisons.residual);
  expect(verdict).toContain(
    `Does the residual connection help? With these settings ${answer}: over ${first.length} seeds`,
  );
});

test('the words on a comparison name its mean, its interval and both tests', () => {
  const advantage = pairedDifference(runsOf([182, 180, 181]), runsOf([180, 180, 177]));
  expect(advantage.runs.map(({ difference }) => difference)).toEqual([0.01, 0, 0.02]);
  expect(comparisonVerdict(advantage, comparisons.residual)).toMatch(
    /\+0\.0100 in the mean \(95 % interval -0\.0148 to \+0\.0348\); it is better with 2 seeds, worse with 0, equal with 1\./,
  );
});

test('a comparison of one seed is refused', () => {
  expect(() => pairedDifference(runsOf([182]), runsOf([180]))).toThrow(/take --seeds 2 or more/);
});
