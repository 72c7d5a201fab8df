// fovea experiment: repeat a textbook experiment over several seeds, and compare with its published result.
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type OptionTable,
  option,
  positiveInteger,
  type SettledOf,
  text,
  withDefaults,
} from '../../base/option.ts';
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
import { dataOptions } from '../../recipe/data-options.ts';
import { type Job, runJobs } from '../experiment-runs.ts';
import {
  formatComparison,
  formatExperiment,
  formatExperimentList,
  listExperiments,
  type Part,
} from '../experiment-view.ts';
import { addOptions, engineOptions, jsonOption, openChosenEngine } from '../options.ts';
import { openOutput } from '../output.ts';

const options = {
  seeds: option({ type: 'integer', min: 1, max: 10_000 }, 'seeds', 'train with seeds 0, 1, ..., N - 1', {
    defaultText: "the experiment's own number",
  }),
  epochs: option(positiveInteger, 'epochs', 'train for another number of epochs, for a quick try'),
  dataDir: dataOptions.dataDir,
  out: option(text, 'output folder', 'folder of the run folders', { default: 'runs/experiments' }),
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type ExperimentChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command.argument('[name]', `${experimentNames.join(', ')} (default: list them)`);
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((name: string | undefined, given: ExperimentChoice) =>
      runExperiment(name, withDefaults(options, given)),
    );
}

const furtherHelp = `
Finished seeds are not trained again, and an interrupted one is resumed: run the same command again, or with more --seeds.

Examples:
  $ fovea experiment
  $ fovea experiment lenet5 --seeds 10
  $ fovea experiment residual --seeds 10
  $ fovea experiment alexnet --data-dir palm`;

async function runExperiment(name: string | undefined, options: ExperimentChoice): Promise<void> {
  if (name === undefined) return openOutput(options.json).result(listExperiments(), formatExperimentList);
  const comparison = findComparison(name);
  return comparison ? compare(name, comparison, options) : repeat(name, findExperiment(name), options);
}

async function repeat(name: string, experiment: Experiment, options: ExperimentChoice): Promise<void> {
  const output = openOutput(options.json);
  const { title, book } = experiment;
  const { seeds = experiment.seeds } = options;
  const [setting, note] = [settingOf(experiment, options), noteOf(experiment, options)];
  const jobs = seedsTo(seeds).map((seed) => jobOf(name, seed, options));
  const runs = await runJobs(jobs, await openChosenEngine(options), output);
  if (!runs) return output.log(resumeAdvice);
  const ours = experimentResult(runs);
  const result = { name, title, note, setting, book, ours, verdict: resultVerdict(ours, book) };
  output.result(result, () => formatExperiment(result));
}

/** Seed by seed, so that an interruption leaves pairs. */
async function compare(name: string, comparison: Comparison, options: ExperimentChoice): Promise<void> {
  const output = openOutput(options.json);
  const { title, book, first, second } = comparison;
  const { seeds = comparison.seeds } = options;
  if (seeds < 2) throw tooFewSeeds(seeds);
  const jobs = seedsTo(seeds).flatMap((seed) => [first, second].map((own) => jobOf(own, seed, options)));
  const runs = await runJobs(jobs, await openChosenEngine(options), output);
  if (!runs) return output.log(resumeAdvice);
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

const resumeAdvice = 'Run the same command again to resume.';

function seedsTo(count: number): number[] {
  return Array.from({ length: count }, (_, seed) => seed);
}

function settingOf({ setting }: Experiment, { epochs = setting.epochs }: ExperimentChoice): Setting {
  return { ...setting, epochs };
}

function noteOf({ note }: Experiment | Comparison, { epochs }: ExperimentChoice): string {
  return epochs === undefined
    ? note
    : `${note} With --epochs ${epochs} instead of the experiment's own length.`;
}

/** Runs with another number of epochs have their own folder. */
function jobOf(name: string, seed: number, options: ExperimentChoice): Job {
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

function partOf(name: string, runs: readonly SeedRun[], options: ExperimentChoice): Part {
  const experiment = findExperiment(name);
  const { book } = experiment;
  return { name, setting: settingOf(experiment, options), book, ours: experimentResult(runs) };
}
