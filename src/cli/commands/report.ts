// fovea report: the report of a run, written again.
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { FoveaError, UsageError } from '../../base/errors.ts';
import type { SplitDataset } from '../../data/dataset.ts';
import { type DataChoice, dataKeys, openChosenData, withData } from '../data-options.ts';
import { reportError, status } from '../failure.ts';
import { type EngineChoice, type JsonOptions, openChosenEngine, withEngine, withJson } from '../options.ts';
import { openOutput } from '../output.ts';
import { writeShown } from '../reporting.ts';
import { choiceOfRun } from '../train-choice.ts';

interface ReportCommandOptions extends Partial<DataChoice>, EngineChoice, JsonOptions {
  readonly inside?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('<run>', 'folder of a run, finished or not')
    .option(
      '--inside',
      'look inside the network, too: Grad-CAM, occlusion, maps, filters, figures of layers',
    );
  withJson(withEngine(withData(command)))
    .addHelpText(
      'after',
      '\nThe data set is the one that the run was begun with, unless --data names it; without it the report has curves and ' +
        'settings,\nand no figures of classes or pictures. Its test images, or without any its validation images, are evaluated again for ' +
        'that.\n\nExamples:\n  $ fovea report runs/demo\n  $ fovea report runs/demo --inside',
    )
    .action(runReport);
}

async function runReport(run: string, options: ReportCommandOptions): Promise<void> {
  const engine = await openChosenEngine(options);
  const onFault = (fault: FoveaError) => {
    reportError(`the checkpoint of ${run} could not be evaluated: ${fault.message}`);
    process.exitCode = status.failed;
  };
  const sources = { engine, inspect: options.inside, onFault, ...(await dataOf(run, options)) };
  const report = await writeShown(run, sources);
  const plots = join(dirname(report), 'plots');
  openOutput(options.json).result({ run, report, plots }, () => `report ${report}\nplots  ${plots}`);
}

/** The data set that was named, or that of the run as far as it can be opened. */
async function dataOf(
  run: string,
  options: ReportCommandOptions,
): Promise<{ data: SplitDataset } | { missing: string }> {
  const { data } = options;
  if (data !== undefined) return { data: await openChosenData({ ...options, data }) };
  try {
    return { data: await openChosenData(await choiceOfRun(run, options)) };
  } catch (error) {
    const isOther = error instanceof UsageError && dataKeys.some((key) => options[key] !== undefined);
    if (isOther || !(error instanceof FoveaError)) throw error;
    return { missing: `The data set could not be opened: ${error.message}` };
  }
}
