// fovea report: write the report of a run again.
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { FoveaError, UsageError } from '../../base/errors.ts';
import {
  flag,
  type OptionTable,
  option,
  pickOptions,
  type SettledOf,
  withDefaults,
} from '../../base/option.ts';
import type { SplitDataset } from '../../data/dataset.ts';
import { dataOptions } from '../../recipe/data-options.ts';
import { reportError } from '../failure.ts';
import { openChosenData } from '../open-data.ts';
import { addOptions, engineOptions, jsonOption, openChosenEngine } from '../options.ts';
import { openOutput } from '../output.ts';
import { writeWithProgress } from '../reporting.ts';
import { status } from '../status.ts';
import { choiceOfRun } from '../train-choice.ts';

const options = {
  inside: option(flag, 'inside', 'add feature maps, Grad-CAM, occlusion and unit statistics'),
  ...dataOptions,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type ReportChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command.argument('<run>', 'run folder, finished or not');
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((run: string, given: ReportChoice) => runReport(run, withDefaults(options, given)));
}

const furtherHelp = `
The data set is that of the run unless --data names another one. Its test images are evaluated again, or its validation images if
there are none. If it cannot be opened, the report has curves and settings, but neither metrics per class nor images.

Examples:
  $ fovea report runs/demo
  $ fovea report runs/demo --inside`;

async function runReport(run: string, options: ReportChoice): Promise<void> {
  const engine = await openChosenEngine(options);
  const onFault = (fault: FoveaError) => {
    reportError(`the checkpoint of ${run} could not be evaluated: ${fault.message}`);
    process.exitCode = status.failed;
  };
  const sources = { engine, inside: options.inside, onFault, ...(await dataOf(run, options)) };
  const report = await writeWithProgress(run, sources);
  const plots = join(dirname(report), 'plots');
  openOutput(options.json).result({ run, report, plots }, () => `report ${report}\nplots  ${plots}`);
}

/** The data set of --data, or that of the run if it can be opened. */
async function dataOf(
  run: string,
  options: ReportChoice,
): Promise<{ data: SplitDataset } | { missing: string }> {
  const { data } = options;
  const given = pickOptions(dataOptions, options);
  if (data !== undefined) return { data: await openChosenData({ ...options, data }) };
  try {
    return { data: await openChosenData(await choiceOfRun(run, given)) };
  } catch (error) {
    const isOther = error instanceof UsageError && Object.keys(given).length > 0;
    if (isOther || !(error instanceof FoveaError)) throw error;
    return { missing: `The data set could not be opened: ${error.message}` };
  }
}
