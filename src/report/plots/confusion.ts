// Plot of the confusion matrix: the darker a cell, the larger its fraction of the images of the actual class.
import { formatDecimals } from '../../base/text.ts';
import { type Markup, markup } from '../markup.ts';
import { textWidth, truncate } from '../text.ts';
import { type Plot, WIDTH } from './frame.ts';

/** Limits on the number of classes: for the plot, for class names, and for numbers in the cells. */
const MAX_CLASSES = 200;
const MAX_NAMES = 60;
const MAX_NUMBERS = 14;
const MAX_NAME_LENGTH = 16;
const LETTER = 7;
const TOP = 40;
/** Numbers in cells darker than this are written in the background color. */
const DARK = 0.55;

/** Sizes in pixels. */
interface Grid {
  readonly cell: number;
  /** Space to the left of the cells, for class names and the axis label. */
  readonly left: number;
  /** Empty if they would be too small to read. */
  readonly names: readonly string[];
  readonly fontSize: number;
}

/** Rows are actual classes, columns predicted ones. Undefined for too many classes. */
export function confusionPlot(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
): Plot | undefined {
  if (labels.length > MAX_CLASSES) return undefined;
  const grid = createGrid(labels);
  const { cell, names } = grid;
  const side = round(cell * labels.length);
  const order = names.length === 0 ? `, ${labels.length} in order` : '';
  const below = heightBelow(grid);
  const rows = confusion.map((counts, i) => drawRow(counts, i, grid));
  const content = markup`${rows}
<rect class="cell-frame" x="${grid.left}" y="${TOP}" width="${side}" height="${side}"/>
${names.map((name, i) => drawNames(name, i, grid, TOP + side))}
<text transform="translate(14,${TOP + side / 2}) rotate(-90)" text-anchor="middle">actual class${order}</text>
<text x="${grid.left + side / 2}" y="${TOP + side + below - 8}" text-anchor="middle">predicted class${order}</text>`;
  const title = 'Confusion matrix';
  const description = describe(labels, confusion);
  const height = TOP + side + below;
  return { name: 'confusion', title, description, width: WIDTH, height, content };
}

function createGrid(labels: readonly string[]): Grid {
  const names = labels.length > MAX_NAMES ? [] : labels.map((label) => truncate(label, MAX_NAME_LENGTH));
  const left = 34 + LETTER * longest(names);
  const room = (WIDTH - left - 12) / labels.length;
  const cell = Math.min(100, room < 4 ? room : Math.floor(room));
  return { cell, left, names, fontSize: Math.min(12, cell + 1) };
}

/** Space below the cells, for class names and the axis label. */
function heightBelow({ cell, names }: Grid): number {
  const nameHeight = isNarrow(cell, names) ? LETTER * longest(names) : 14;
  return Math.ceil(nameHeight + 36);
}

/** Whether the names below the columns have to be rotated. */
function isNarrow(cell: number, names: readonly string[]): boolean {
  return LETTER * longest(names) > cell;
}

function longest(names: readonly string[]): number {
  return Math.max(0, ...names.map(textWidth));
}

function drawRow(counts: readonly number[], row: number, { cell, left }: Grid): Markup[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.flatMap((count, column) => {
    if (count === 0) return [];
    const fraction = count / total;
    const [x, y] = [round(left + column * cell), round(TOP + row * cell)];
    const number =
      counts.length <= MAX_NUMBERS
        ? markup`<text class="${fraction > DARK ? 'on-cell' : ''}" x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle">${count}</text>`
        : undefined;
    return [
      markup`<rect class="cell" x="${x}" y="${y}" width="${round(cell)}" height="${round(cell)}" fill-opacity="${formatDecimals(0.06 + 0.94 * fraction, 3)}"/>${number}`,
    ];
  });
}

function drawNames(name: string, i: number, { cell, left, names, fontSize }: Grid, bottom: number): Markup {
  const middle = (i + 0.5) * cell;
  const style = `font-size: ${fontSize}px`;
  const below = isNarrow(cell, names)
    ? markup`<text style="${style}" transform="translate(${left + middle + 4},${bottom + 6}) rotate(-90)" text-anchor="end">${name}</text>`
    : markup`<text style="${style}" x="${left + middle}" y="${bottom + 16}" text-anchor="middle">${name}</text>`;
  return markup`<text style="${style}" x="${left - 6}" y="${TOP + middle + 4}" text-anchor="end">${name}</text>${below}`;
}

function describe(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  if (labels.length > MAX_NAMES) {
    const correct = total(confusion.map((counts, i) => counts[i]));
    return `${correct} of ${total(confusion.map(total))} images on the diagonal, which are classified correctly.`;
  }
  const sentences = confusion.map((counts, i) => `${counts[i]} of ${total(counts)} ${labels[i]} correct`);
  return `${sentences.join(', ')}. The table below has all numbers.`;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
