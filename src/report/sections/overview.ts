// The top of the page: model and data set, how the run ended, and its main metrics.
import { formatDecimals, formatDuration, formatInteger, formatInterval } from '../../base/text.ts';
import type { Metrics } from '../../evaluation/index.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import { type Outcome, type RunRecord, textAt } from '../run-record.ts';

export function pageTitle({ config }: RunRecord): string {
  return `${textAt(config, 'model', 'name')} on ${textAt(config, 'data', 'name')}`;
}

export function drawOverview(record: RunRecord, notes: readonly string[]): Markup {
  const { config, outcome, run } = record;
  const started = textAt(config, 'started').slice(0, 16).replace('T', ' ');
  return markup`<header>
<h1>${pageTitle(record)}</h1>
<p class="faint">${run}, started ${started} UTC</p>
${drawOutcome(outcome, record.resumed)}
<ul class="cards">
${overviewCards(record)}</ul>
${[...record.warnings, ...notes].map((note) => markup`<p class="note">${note}</p>\n`)}</header>
`;
}

function drawOutcome({ state, reason }: Outcome, resumed: number): Markup {
  const times = resumed === 1 ? 'once' : `${resumed} times`;
  const before = resumed > 0 ? `, resumed ${times}` : '';
  return markup`<p class="outcome"><strong>${state}</strong>${before}${reason === undefined ? '' : `: ${reason}`}</p>`;
}

function overviewCards({
  history: { test, validations },
  outcome: { result },
  seconds,
}: RunRecord): Markup[] {
  const best = validations.findLast((event) => event.best);
  return [
    ...(test ? [metricsCard('test accuracy', test)] : []),
    ...(best ? [metricsCard(`best validation accuracy, step ${formatInteger(best.step)}`, best)] : []),
    ...(result
      ? [
          card(
            'steps',
            formatInteger(result.steps),
            result.epochs === 1 ? '1 epoch' : `${result.epochs} epochs`,
          ),
          card(
            'images per second',
            formatInteger(Math.round(result.imagesPerSecond)),
            `${formatDuration(seconds)} in total`,
          ),
        ]
      : []),
  ];
}

function metricsCard(title: string, { accuracy, interval, count, loss }: Metrics): Markup {
  const details = markup`95% CI ${formatInterval(interval)}<br>${formatInteger(count)} images, loss ${formatDecimals(loss)}`;
  return card(title, formatDecimals(accuracy), details);
}

function card(title: string, value: string, details: Content): Markup {
  return markup`<li><span class="name">${title}</span> <strong>${value}</strong> <span class="faint">${details}</span></li>\n`;
}
