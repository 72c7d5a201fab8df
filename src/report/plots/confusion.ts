// The confusion matrix as a picture: the darker a cell, the larger its share of the images of the true class.
import { type Markup, markup } from '../markup.ts';
import { decimals, shortened, textWidth } from '../text.ts';
import { type Plot, WIDTH } from './frame.ts';

/** Classes beyond which cells would be too small to see, names could not be read, and numbers do not fit into cells. */
const MOST_CLASSES = 200;
const MOST_NAMES = 60;
const MOST_NUMBERS = 14;
const LONGEST_NAME = 16;
const LETTER = 7;
const TOP = 40;
/** From here on a cell is so dark that its number is written in the colour of the paper. */
const DARK = 0.55;

/** Sizes in pixels. */
interface Grid {
  readonly cell: number;
  /** Left of the cells: names of the classes, and "true class". */
  readonly left: number;
  /** None where they could not be read. */
  readonly names: readonly string[];
  readonly fontSize: number;
}

/** Rows are true classes, columns predicted ones. None for so many classes that nothing could be seen. */
export function confusionPlot(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
): Plot | undefined {
  if (labels.length > MOST_CLASSES) return undefined;
  const grid = createGrid(labels);
  const { cell, names } = grid;
  const side = round(cell * labels.length);
  const order = names.length === 0 ? `, ${labels.length} in order` : '';
  const below = heightBelow(grid);
  const rows = confusion.map((counts, i) => drawRow(counts, i, grid));
  const content = markup`${rows}
<rect class="cell-frame" x="${grid.left}" y="${TOP}" width="${side}" height="${side}"/>
${names.map((name, i) => drawNames(name, i, grid, TOP + side))}
<text transform="translate(14,${TOP + side / 2}) rotate(-90)" text-anchor="middle">true class${order}</text>
<text x="${grid.left + side / 2}" y="${TOP + side + below - 8}" text-anchor="middle">predicted class${order}</text>`;
  const title = 'Confusion matrix';
  const description = describe(labels, confusion);
  const height = TOP + side + below;
  return { name: 'confusion', title, description, width: WIDTH, height, content };
}

function createGrid(labels: readonly string[]): Grid {
  const names = labels.length > MOST_NAMES ? [] : labels.map((label) => shortened(label, LONGEST_NAME));
  const left = 34 + LETTER * longest(names);
  const room = (WIDTH - left - 12) / labels.length;
  const cell = Math.min(100, room < 4 ? room : Math.floor(room));
  return { cell, left, names, fontSize: Math.min(12, cell + 1) };
}

/** Pixels under the cells: names, and "predicted class". */
function heightBelow({ cell, names }: Grid): number {
  const nameHeight = isNarrow(cell, names) ? LETTER * longest(names) : 14;
  return Math.ceil(nameHeight + 36);
}

/** Whether the names under the columns have to stand upright. */
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
    const share = count / total;
    const [x, y] = [round(left + column * cell), round(TOP + row * cell)];
    const number =
      counts.length <= MOST_NUMBERS
        ? markup`<text class="${share > DARK ? 'on-cell' : ''}" x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle">${count}</text>`
        : undefined;
    return [
      markup`<rect class="cell" x="${x}" y="${y}" width="${round(cell)}" height="${round(cell)}" fill-opacity="${decimals(0.06 + 0.94 * share, 3)}"/>${number}`,
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
  if (labels.length > MOST_NAMES) {
    const right = total(confusion.map((counts, i) => counts[i]));
    return `${right} of ${total(confusion.map(total))} images are right, which is the diagonal.`;
  }
  const sentences = confusion.map((counts, i) => `${counts[i]} of ${total(counts)} ${labels[i]} right`);
  return `${sentences.join(', ')}. The numbers are in the table beside it.`;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
