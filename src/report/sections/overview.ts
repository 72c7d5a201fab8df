// The top of the page: what was trained on what, how it ended, and what it came to.
import type { Metrics } from '../../evaluation/index.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import { type Outcome, type RunRecord, textAt } from '../record.ts';
import { decimals, formatDuration, formatInterval, grouped } from '../text.ts';

export function titleOf({ config }: RunRecord): string {
  return `${textAt(config, 'model', 'name')} on ${textAt(config, 'data', 'name')}`;
}

export function drawOverview(record: RunRecord, notes: readonly string[]): Markup {
  const { config, outcome, run } = record;
  const started = textAt(config, 'started').slice(0, 16).replace('T', ' ');
  return markup`<header>
<h1>${titleOf(record)}</h1>
<p class="faint">${run}, begun ${started} UTC</p>
${drawOutcome(outcome, record.resumed)}
<ul class="cards">
${cardsOf(record)}</ul>
${[...record.warnings, ...notes].map((note) => markup`<p class="note">${note}</p>\n`)}</header>
`;
}

function drawOutcome({ state, reason }: Outcome, resumed: number): Markup {
  const times = resumed === 1 ? 'once' : `${resumed} times`;
  const before = resumed > 0 ? `, resumed ${times}` : '';
  return markup`<p class="outcome"><strong>${state}</strong>${before}${reason === undefined ? '' : `: ${reason}`}</p>`;
}

function cardsOf({ history: { test, validations }, outcome: { result }, seconds }: RunRecord): Markup[] {
  const best = validations.findLast((event) => event.best);
  return [
    ...(test ? [figuresCard('test accuracy', test)] : []),
    ...(best ? [figuresCard(`best validation, step ${best.step}`, best)] : []),
    ...(result
      ? [
          card('steps', grouped(result.steps), result.epochs === 1 ? '1 epoch' : `${result.epochs} epochs`),
          card(
            'images per second',
            grouped(Math.round(result.imagesPerSecond)),
            `${formatDuration(seconds)} in all`,
          ),
        ]
      : []),
  ];
}

function figuresCard(title: string, { accuracy, interval, count, loss }: Metrics): Markup {
  const details = markup`95 % interval ${formatInterval(interval)}<br>${grouped(count)} images, loss ${decimals(loss)}`;
  return card(title, decimals(accuracy), details);
}

function card(title: string, value: string, details: Content): Markup {
  return markup`<li><span class="name">${title}</span> <strong>${value}</strong> <span class="faint">${details}</span></li>\n`;
}
