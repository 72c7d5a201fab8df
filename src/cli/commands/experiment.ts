// fovea experiment: the experiments of the textbook, each as one command, over several seeds, beside the book's figures.
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type Comparison,
  comparisonVerdict,
  type Experiment,
  experimentNames,
  experimentResult,
  findComparison,
  findExperiment,
  pairedDifference,
  resultVerdict,
  type SeedRun,
  type Setting,
  tooFewSeeds,
} from '../../experiments/index.ts';
import { type Job, runJobs } from '../experiment-runs.ts';
import { formatComparison, formatExperiment, formatList, listed, type Part } from '../experiment-view.ts';
import {
  type EngineChoice,
  type JsonOptions,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
} from '../options.ts';
import { openOutput } from '../output.ts';

interface ExperimentOptions extends EngineChoice, JsonOptions {
  readonly seeds?: number;
  readonly epochs?: number;
  readonly dataDir?: string;
  readonly out: string;
}

export function configure(command: Command): void {
  command
    .argument('[name]', `${experimentNames.join(', ')}; a list of them unless given`)
    .option(
      '--seeds <count>',
      "seeds 0, 1, ... to train with (default: the experiment's own)",
      wholeNumber(1, 10_000),
    )
    .option('--epochs <count>', 'train for so many epochs instead, to try quickly', wholeNumber(1))
    .option('--data-dir <folder>', 'folder that holds the files of the data set; nothing is downloaded then')
    .option('--out <folder>', 'where the folders of the runs are', 'runs/experiments');
  withJson(withEngine(command))
    .addHelpText(
      'after',
      '\nSeeds that are finished are not trained again, and one that was interrupted goes on where it stopped: give the same\n' +
        'command again, or a larger --seeds.\n\nExamples:\n' +
        '  $ fovea experiment\n' +
        '  $ fovea experiment lenet5 --seeds 10\n' +
        '  $ fovea experiment residual --seeds 10\n' +
        '  $ fovea experiment alexnet --data-dir palm',
    )
    .action(runExperiment);
}

async function runExperiment(name: string | undefined, options: ExperimentOptions): Promise<void> {
  if (name === undefined) return openOutput(options.json).result(listed(), formatList);
  const comparison = findComparison(name);
  return comparison ? compare(name, comparison, options) : repeat(name, findExperiment(name), options);
}

async function repeat(name: string, experiment: Experiment, options: ExperimentOptions): Promise<void> {
  const output = openOutput(options.json);
  const { title, book } = experiment;
  const { seeds = experiment.seeds } = options;
  const [setting, note] = [settingOf(experiment, options), noteOf(experiment, options)];
  const jobs = seedsTo(seeds).map((seed) => jobOf(name, seed, options));
  const runs = await runJobs(jobs, await openChosenEngine(options), output);
  if (!runs) return output.log(goOn);
  const ours = experimentResult(runs);
  const result = { name, title, note, setting, book, ours, verdict: resultVerdict(ours, book) };
  output.result(result, () => formatExperiment(result));
}

/** Seed by seed, so that what is there after an interruption are pairs. */
async function compare(name: string, comparison: Comparison, options: ExperimentOptions): Promise<void> {
  const output = openOutput(options.json);
  const { title, book, first, second } = comparison;
  const { seeds = comparison.seeds } = options;
  if (seeds < 2) throw tooFewSeeds(seeds);
  const jobs = seedsTo(seeds).flatMap((seed) => [first, second].map((own) => jobOf(own, seed, options)));
  const runs = await runJobs(jobs, await openChosenEngine(options), output);
  if (!runs) return output.log(goOn);
  const [one, other] = [0, 1].map((half) => runs.filter((_, i) => i % 2 === half));
  const ours = pairedDifference(one, other);
  const result = {
    name,
    title,
    note: noteOf(comparison, options),
    book,
    ours,
    parts: [partOf(first, one, options), partOf(second, other, options)],
    verdict: comparisonVerdict(ours, comparison),
  };
  output.result(result, () => formatComparison(result));
}

const goOn = 'Give the same command again to go on.';

function seedsTo(count: number): number[] {
  return Array.from({ length: count }, (_, seed) => seed);
}

function settingOf({ setting }: Experiment, { epochs = setting.epochs }: ExperimentOptions): Setting {
  return { ...setting, epochs };
}

function noteOf({ note }: Experiment | Comparison, { epochs }: ExperimentOptions): string {
  return epochs === undefined
    ? note
    : `${note} Here --epochs ${epochs} sets the length, and not the experiment.`;
}

/** Runs of another length than the experiment's have folders of their own. */
function jobOf(name: string, seed: number, options: ExperimentOptions): Job {
  const { out, epochs, dataDir } = options;
  const experiment = findExperiment(name);
  const own =
    epochs === undefined || epochs === experiment.setting.epochs ? name : `${name}-${epochs}-epochs`;
  const folder = join(out, own, `seed-${seed}`);
  return {
    name,
    setting: settingOf(experiment, options),
    seed,
    folder,
    ...(dataDir !== undefined && { dataDir }),
  };
}

function partOf(name: string, runs: readonly SeedRun[], options: ExperimentOptions): Part {
  const experiment = findExperiment(name);
  const { book } = experiment;
  return { name, setting: settingOf(experiment, options), book, ours: experimentResult(runs) };
}
