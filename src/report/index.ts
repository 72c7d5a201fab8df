// The report of a run: one HTML file that needs nothing else, and its plots as pictures.
import { join } from 'node:path';
import { checkPath } from '../base/arguments.ts';
import { replaceFile } from '../system/files.ts';
import { collectFindings, type Evaluated, type ReportSources } from './findings.ts';
import { drawPage } from './page.ts';
import { confusionPlot } from './plots/confusion.ts';
import { curvePlots } from './plots/curves.ts';
import { writePlots } from './plots/files.ts';
import type { Plot } from './plots/frame.ts';
import { reliabilityPlot, rocPlot } from './plots/roc-and-reliability.ts';
import { readRun } from './run-record.ts';

export { shellWord } from './command.ts';
export type { ReportSources } from './findings.ts';
export { writeRateTestPlot } from './plots/learning-rate-test.ts';
export { tensorBoard } from './tensorboard/listener.ts';

/**
 * Writes `report.html` into the folder of a run, and its plots as SVG and PNG into `plots` beside it; both in place of those
 * of before. A run that was interrupted, or goes on, has a report too. What cannot be found out is left out, and the report says so.
 * @returns path of the report
 * @throws DataError if the folder holds no run, or a file cannot be written
 */
export async function writeReport(run: string, sources: ReportSources = {}): Promise<string> {
  checkPath('writeReport(run, sources?)', 'run', run);
  const record = await readRun(run);
  const findings = await collectFindings(record, sources);
  const plots = {
    curves: curvePlots(record.history),
    evaluation: findings.evaluated ? evaluationPlots(findings.evaluated) : [],
  };
  await writePlots(join(run, 'plots'), [...plots.curves, ...plots.evaluation]);
  const path = join(run, 'report.html');
  await replaceFile(path, [new TextEncoder().encode(drawPage(record, findings, plots))]);
  return path;
}

function evaluationPlots({ figures }: Evaluated): Plot[] {
  const { binary, calibration, confusion, perClass } = figures;
  const labels = perClass.map(({ label }) => label);
  const plots = [confusionPlot(labels, confusion), binary && rocPlot(binary), reliabilityPlot(calibration)];
  return plots.filter((plot) => plot !== undefined);
}
