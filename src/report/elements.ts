// HTML elements of the page: accessible tables, plots, definition lists, sections.
import { type Content, type Markup, markup } from './markup.ts';
import { drawPlot, type Plot } from './plots/frame.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Columns of numbers with these titles. */
export function numberColumns(titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

/** A table whose first column holds row headers. It scrolls horizontally if it is wider than the page. */
export function drawTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Markup {
  const heads = columns.map(
    ({ title, align }) => markup`<th scope="col" class="${align ?? ''}">${title}</th>`,
  );
  const body = rows.map(([name, ...cells]) => {
    const rest = cells.map((cell, i) => markup`<td class="${columns[i + 1]?.align ?? ''}">${cell}</td>`);
    return markup`<tr><th scope="row">${name}</th>${rest}</tr>\n`;
  });
  return markup`<div class="scrolls" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}

/** Names and values, such as settings. */
export function drawFacts(facts: readonly (readonly [name: string, value: Content])[]): Markup {
  const entries = facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`);
  return markup`<dl class="facts">\n${entries}</dl>`;
}

export function drawSection(id: string, title: string, content: Content): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}

/** Plots side by side, if there is room. */
export function drawPlots(plots: readonly Plot[]): Markup {
  return markup`<div class="plots">${plots.map((plot) => markup`<figure>${drawPlot(plot)}</figure>\n`)}</div>`;
}

/** A path that may break after each folder. */
export function drawPath(path: string): Markup {
  const parts = path.split('/').map((part, i) => (i > 0 ? markup`/<wbr>${part}` : part));
  return markup`<bdi>${parts}</bdi>`;
}

/** A name of a class or file, isolated because it may be written from right to left. */
export function drawName(name: string): Markup {
  return markup`<bdi>${name}</bdi>`;
}
