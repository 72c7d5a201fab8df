// fovea lr-find: the learning-rate range test.

import type { Command } from 'commander';
import {
  type ChoicesOf,
  type OptionTable,
  option,
  type SettledOf,
  text,
  withDefaults,
} from '../../base/option.ts';
import { formatSignificant } from '../../base/text.ts';
import { networkOptions, rateTestOptions } from '../../recipe/options.ts';
import { writeRateTestPlot } from '../../report/index.ts';
import { type RateTest, testRates } from '../../train/index.ts';
import { withDataSet } from '../data-options.ts';
import { openChosenData } from '../open-data.ts';
import { createChosenOptimizer, formatAugmentations, openRecipe } from '../open-recipe.ts';
import { addOptions, engineOptions, jsonOption, MODEL_ARGUMENT, openChosenEngine } from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { formatTable, numberColumns } from '../table.ts';

const { lowest, highest, steps } = rateTestOptions;

const ownOptions = {
  from: lowest,
  to: highest,
  steps,
  plot: option(text, 'plot', 'write a plot of the losses, .svg or .png', { placeholder: 'file' }),
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type NetworkChoice = ChoicesOf<typeof networkOptions>;

/** Rows of the table. */
const LISTED = 20;

export function configure(command: Command): void {
  command.argument(...MODEL_ARGUMENT);
  addOptions(command, { ...networkOptions, ...ownOptions })
    .addHelpText('after', furtherHelp)
    .action((model: string, given: NetworkChoice & SettledOf<typeof ownOptions>) =>
      runRateTest(model, given, withDefaults(ownOptions, given)),
    );
}

const furtherHelp = `
The test ends when the loss explodes. The suggestion is the rate at which the loss falls fastest; above the limit it no longer
falls. For --schedule one-cycle choose a rate between them.

For --augment:
${formatAugmentations()}

Example:
  $ fovea lr-find resnet18 --data cifar10 --optimizer momentum --batch-size 128`;

async function runRateTest(
  model: string,
  given: NetworkChoice,
  own: SettledOf<typeof ownOptions>,
): Promise<void> {
  const output = openOutput(own.json);
  const choice = { ...withDataSet(given), model };
  createChosenOptimizer(choice); // Errors are reported before data are looked for.
  const engine = await openChosenEngine(own);
  const recipe = await openRecipe(choice, await openChosenData(choice));
  const bar = new ProgressBar();
  try {
    const result = await testRates(recipe.model, recipe.data, {
      ...recipe.options,
      ...{ engine, lowest: own.from, highest: own.to, steps: own.steps },
      onProgress: (done, total) => bar.update('test', done, total, 'steps'),
    });
    bar.clear();
    if (own.plot !== undefined) await writeRateTestPlot(own.plot, result);
    output.result(result, () => formatRates(result, model));
  } finally {
    bar.clear();
  }
}

function formatRates({ points, diverged, suggestion, limit }: RateTest, model: string): string {
  const every = Math.ceil(points.length / LISTED);
  const rows = points
    .filter((_, i) => i % every === 0)
    .map(({ learningRate, loss, smoothed }) => [rounded(learningRate), loss.toFixed(4), smoothed.toFixed(4)]);
  return [
    formatTable(numberColumns(['learning rate', 'loss', 'smoothed']), rows),
    '',
    `suggestion ${rounded(suggestion)}  the loss falls fastest here`,
    `limit      ${rounded(limit)}  the loss is lowest here${diverged ? ', and explodes above' : ''}`,
    `next       fovea train ${model} --lr ${rounded(suggestion)} ...`,
  ].join('\n');
}

function rounded(rate: number): string {
  return formatSignificant(rate, 2);
}
