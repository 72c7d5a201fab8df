// fovea lr-find: the learning-rate range test.

import { type ChoicesOf, type OptionTable, option, type SettledOf, text } from '../../base/option.ts';
import { formatSignificant } from '../../base/text.ts';
import { networkOptions, rateTestOptions } from '../../recipe/options.ts';
import { writeRateTestPlot } from '../../report/index.ts';
import { type RateTest, testRates } from '../../train/index.ts';
import { defineCommand } from '../command.ts';
import { withDataSet } from '../data-options.ts';
import { openChosenData } from '../open-data.ts';
import { createChosenOptimizer, formatAugmentations, openRecipe } from '../open-recipe.ts';
import { engineOptions, MODEL_ARGUMENT, openChosenEngine } from '../options.ts';
import type { Output } from '../output.ts';
import { withProgress } from '../progress.ts';
import { formatTable, numberColumns } from '../table.ts';

const { lowest, highest, steps } = rateTestOptions;

const ownOptions = {
  from: lowest,
  to: highest,
  steps,
  plot: option(text, 'plot', 'write a plot of the losses, .svg or .png', { placeholder: 'file' }),
  ...engineOptions,
} as const satisfies OptionTable;

type RateTestChoice = ChoicesOf<typeof networkOptions> & SettledOf<typeof ownOptions>;

/** Rows of the table. */
const LISTED = 20;

export const configure = defineCommand({
  arguments: [MODEL_ARGUMENT],
  options: { ...networkOptions, ...ownOptions },
  settled: ownOptions,
  help: `
The test ends when the loss explodes. The suggestion is the rate at which the loss falls fastest; above the limit it no longer
falls. For --schedule one-cycle choose a rate between them.

For --augment:
${formatAugmentations()}

Example:
  $ fovea lr-find resnet18 --data cifar10 --optimizer momentum --batch-size 128`,
  run: runRateTest,
});

async function runRateTest(options: RateTestChoice, output: Output, model: string): Promise<void> {
  const choice = { ...withDataSet(options), model };
  createChosenOptimizer(choice); // Errors are reported before data are looked for.
  const engine = await openChosenEngine(options);
  const recipe = await openRecipe(choice, await openChosenData(choice));
  const { from: lowest, to: highest, steps, plot } = options;
  const result = await withProgress('test', 'steps', (onProgress) =>
    testRates(recipe.model, recipe.data, { ...recipe.options, engine, lowest, highest, steps, onProgress }),
  );
  if (plot !== undefined) await writeRateTestPlot(plot, result);
  output.result(result, () => formatRates(result, model));
}

function formatRates({ points, diverged, suggestion, limit }: RateTest, model: string): string {
  const every = Math.ceil(points.length / LISTED);
  const rows = points
    .filter((_, i) => i % every === 0)
    .map(({ learningRate, loss, smoothed }) => [
      formatSignificant(learningRate, 2),
      loss.toFixed(4),
      smoothed.toFixed(4),
    ]);
  return [
    formatTable(numberColumns(['learning rate', 'loss', 'smoothed']), rows),
    '',
    `suggestion ${formatSignificant(suggestion, 2)}  the loss falls fastest here`,
    `limit      ${formatSignificant(limit, 2)}  the loss is lowest here${diverged ? ', and explodes above' : ''}`,
    `next       fovea train ${model} --lr ${formatSignificant(suggestion, 2)} ...`,
  ].join('\n');
}
