// The HTML page of a report.
import type { Findings } from './findings.ts';
import { Markup, markup } from './markup.ts';
import type { Plot } from './plots/frame.ts';
import { configAt, type RunRecord } from './run-record.ts';
import { drawEvaluation } from './sections/evaluation.ts';
import { drawGallery } from './sections/gallery.ts';
import { drawInspection } from './sections/inspection.ts';
import { drawOverview, pageTitle } from './sections/overview.ts';
import { drawProgress } from './sections/progress.ts';
import { drawSettings } from './sections/settings.ts';
import { pageStyle } from './style.ts';

export interface ReportPlots {
  /** Over the steps of the run. */
  readonly curves: readonly Plot[];
  /** Of the evaluation. */
  readonly evaluation: readonly Plot[];
}

/** A self-contained HTML document: it loads nothing and runs no script. */
export function drawPage(record: RunRecord, findings: Findings, plots: ReportPlots): string {
  const { evaluated, inspection, notes } = findings;
  const classes = configAt(record.config, 'data', 'classes');
  const names = Array.isArray(classes) ? classes.map(String) : [];
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${pageTitle(record)}</title>
<link rel="icon" href="data:,">
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
${drawOverview(record, notes)}
${drawProgress(plots.curves, record.history.validations)}
${evaluated && drawEvaluation(evaluated, plots.evaluation)}
${drawGallery(findings, names)}
${inspection && drawInspection(inspection)}
${drawSettings(record)}
</main>
</body>
</html>
`;
  return page.text;
}
