// Many small pictures as one: in rows, each with a caption below it, under a title.
import { type Caption, withCaptions } from '../../image/captions.ts';
import type { Image } from '../../image/image.ts';
import { blankImage, pasteAt } from './canvas.ts';

export interface Cell {
  readonly picture: Image;
  readonly caption: string;
}

const MARGIN = 12;
const GAP = 8;
const TITLE_SIZE = 15;
const TITLE_HEIGHT = 30;
const CAPTION_SIZE = 9;
const CAPTION_HEIGHT = 14;
/** Width of a letter as a share of its height, in wide fonts. */
const LETTER = 0.55;
const LEAST_WIDTH = 360;

/** Cells of one size, in about as many rows as columns. */
export async function drawGrid(title: string, cells: readonly Cell[]): Promise<Image> {
  const { picture } = cells[0];
  const columns = Math.ceil(Math.sqrt(cells.length));
  const longest = Math.max(...cells.map(({ caption }) => caption.length));
  const across = Math.max(picture.width, Math.ceil(longest * CAPTION_SIZE * LETTER)) + GAP;
  const down = picture.height + CAPTION_HEIGHT + GAP;
  const width = Math.max(LEAST_WIDTH, titleWidth(title), 2 * MARGIN + columns * across - GAP);
  const rows = Math.ceil(cells.length / columns);
  const sheet = blankImage(width, 2 * MARGIN + TITLE_HEIGHT + rows * down - GAP);
  const captions: Caption[] = [titleCaption(title)];
  for (const [i, cell] of cells.entries()) {
    const left = MARGIN + (i % columns) * across;
    const top = MARGIN + TITLE_HEIGHT + Math.floor(i / columns) * down;
    pasteAt(sheet, cell.picture, left, top);
    const baseline = top + cell.picture.height + CAPTION_SIZE + 1;
    captions.push({ text: cell.caption, left, baseline, size: CAPTION_SIZE });
  }
  return withCaptions(sheet, captions);
}

function titleCaption(text: string): Caption {
  return { text, left: MARGIN, baseline: MARGIN + TITLE_SIZE, size: TITLE_SIZE };
}

function titleWidth(title: string): number {
  return 2 * MARGIN + Math.ceil(title.length * TITLE_SIZE * LETTER);
}

/** Pictures side by side at their own sizes under a title, with a scale of colours from `low` to `high` at the right. */
export async function drawPanels(
  title: string,
  panels: readonly Image[],
  scale?: { readonly colors: Image; readonly low: string; readonly high: string },
): Promise<Image> {
  const across = panels.reduce((sum, { width }) => sum + width + MARGIN, MARGIN);
  const legend = scale
    ? scale.colors.width + GAP + Math.max(scale.low.length, scale.high.length) * 8 + MARGIN
    : 0;
  const height = Math.max(...panels.map((panel) => panel.height));
  const sheet = blankImage(Math.max(across + legend, titleWidth(title)), height + TITLE_HEIGHT + 2 * MARGIN);
  const top = MARGIN + TITLE_HEIGHT;
  let left = MARGIN;
  for (const panel of panels) {
    pasteAt(sheet, panel, left, top);
    left += panel.width + MARGIN;
  }
  const captions: Caption[] = [titleCaption(title)];
  if (scale) {
    pasteAt(sheet, scale.colors, left, top);
    const beside = left + scale.colors.width + GAP;
    captions.push({ text: scale.high, left: beside, baseline: top + 11, size: 12 });
    captions.push({ text: scale.low, left: beside, baseline: top + scale.colors.height - 2, size: 12 });
  }
  return withCaptions(sheet, captions);
}
