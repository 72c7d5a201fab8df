// fovea lr-find: which learning rate to begin with.
import type { Command } from 'commander';
import { writeRateTestPlot } from '../../report/index.ts';
import { type RateTest, testRates } from '../../train/index.ts';
import { type DataChoice, noData, openChosenData, withData } from '../data-options.ts';
import {
  type EngineChoice,
  type JsonOptions,
  openChosenEngine,
  positiveNumber,
  wholeNumber,
  withEngine,
  withJson,
  withModelOptions,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import {
  formatAugmentations,
  openRecipe,
  optimizerOf,
  type RecipeChoice,
  recipeDefaults,
  withRecipe,
} from '../recipe-options.ts';
import { formatTable } from '../table.ts';

interface RateChoice extends Partial<RecipeChoice>, Partial<DataChoice>, EngineChoice, JsonOptions {
  readonly from?: number;
  readonly to?: number;
  readonly steps?: number;
  readonly plot?: string;
}

/** Rows of the table. */
const SHOWN = 20;

export function configure(command: Command): void {
  command.argument('<model>', 'name of a network, see `fovea models`');
  withJson(withEngine(withRates(withRecipe(withModelOptions(withData(command))))))
    .addHelpText(
      'after',
      '\nThe test ends when the loss explodes. The suggestion is the rate at which the loss falls steepest; above the limit it\n' +
        `does not fall any more. For --schedule one-cycle take a rate between them.\n\nFor --augment:\n${formatAugmentations()}\n\n` +
        'Example:\n  $ fovea lr-find resnet18 --data cifar10 --optimizer momentum --batch-size 128',
    )
    .action((model: string, options: RateChoice) => runRateTest({ ...options, model }));
}

function withRates(command: Command): Command {
  return command
    .option('--from <rate>', 'lowest learning rate (default: 0.000001)', positiveNumber())
    .option('--to <rate>', 'highest learning rate (default: 10)', positiveNumber())
    .option('--steps <count>', 'steps from one to the other (default: 100)', wholeNumber(10, 1_000_000))
    .option('--plot <file>', 'write the losses as a picture, .svg or .png');
}

async function runRateTest(options: RateChoice & { readonly model: string }): Promise<void> {
  const output = openOutput(options.json);
  const { data: name, from, to, steps } = options;
  if (name === undefined) throw noData();
  const choice = { ...recipeDefaults, ...options };
  optimizerOf(choice); // What is wrong with it is said before data are looked for.
  const engine = await openChosenEngine(options);
  const recipe = await openRecipe(choice, await openChosenData({ ...options, data: name }));
  const bar = new ProgressBar();
  try {
    const result = await testRates(recipe.model, recipe.data, {
      ...recipe.options,
      engine,
      ...(from !== undefined && { lowest: from }),
      ...(to !== undefined && { highest: to }),
      ...(steps !== undefined && { steps }),
      onProgress: (done, total) => bar.update('test', done, total, 'steps'),
    });
    bar.clear();
    if (options.plot !== undefined) await writeRateTestPlot(options.plot, result);
    output.result(result, () => formatRates(result, options.model));
  } finally {
    bar.clear();
  }
}

function formatRates({ points, diverged, suggestion, limit }: RateTest, model: string): string {
  const every = Math.ceil(points.length / SHOWN);
  const rows = points
    .filter((_, i) => i % every === 0)
    .map(({ learningRate, loss, smoothed }) => [rounded(learningRate), loss.toFixed(4), smoothed.toFixed(4)]);
  return [
    formatTable(
      ['learning rate', 'loss', 'smoothed'].map((title) => ({ title, align: 'right' })),
      rows,
    ),
    '',
    `suggestion ${rounded(suggestion)}  the loss falls steepest here`,
    `limit      ${rounded(limit)}  the loss is lowest here${diverged ? ', and explodes above' : ''}`,
    `next       fovea train ${model} --lr ${rounded(suggestion)} ...`,
  ].join('\n');
}

function rounded(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}
