// The report of a run: one self-contained HTML file, and its plots as SVG and PNG files.
import { join } from 'node:path';
import { checkPath } from '../base/arguments.ts';
import { replaceFile } from '../system/files.ts';
import { collectFindings, type Evaluated, type ReportOptions } from './findings.ts';
import { drawPage } from './page.ts';
import { confusionPlot } from './plots/confusion.ts';
import { curvePlots } from './plots/curves.ts';
import { writePlots } from './plots/files.ts';
import type { Plot } from './plots/frame.ts';
import { reliabilityPlot, rocPlot } from './plots/roc-and-reliability.ts';
import { readRun } from './run-record.ts';

export { shellWord } from './command.ts';
export type { ReportOptions } from './findings.ts';
export { writeRateTestPlot } from './plots/learning-rate-test.ts';
export { tensorBoard } from './tensorboard/listener.ts';

/**
 * Writes the report of a run: `report.html` in its folder, and the plots as SVG and PNG files in `plots`. Existing files are
 * replaced. Works for interrupted and running runs, too; the report says what is missing.
 * @param run folder of the run
 * @returns path of the report
 * @throws DataError if the folder does not contain a run, or a file cannot be written
 * @example
 * await writeReport('runs/mnist', { data: await openDataset('mnist') });
 */
export async function writeReport(run: string, options: ReportOptions = {}): Promise<string> {
  checkPath('writeReport(run, options?)', 'run', run);
  const record = await readRun(run);
  const findings = await collectFindings(record, options);
  const plots = {
    curves: curvePlots(record.history),
    evaluation: findings.evaluated ? evaluationPlots(findings.evaluated) : [],
  };
  await writePlots(join(run, 'plots'), [...plots.curves, ...plots.evaluation]);
  const path = join(run, 'report.html');
  await replaceFile(path, [new TextEncoder().encode(drawPage(record, findings, plots))]);
  return path;
}

function evaluationPlots({ metrics }: Evaluated): Plot[] {
  const { binary, calibration, confusion, perClass } = metrics;
  const labels = perClass.map(({ label }) => label);
  const plots = [confusionPlot(labels, confusion), binary && rocPlot(binary), reliabilityPlot(calibration)];
  return plots.filter((plot) => plot !== undefined);
}
