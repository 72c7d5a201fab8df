// Layouts of images with captions under a title: a grid of small images, or panels with a color scale.
import { type Caption, withCaptions } from '../../image/captions.ts';
import type { Image } from '../../image/image.ts';
import { blankImage, pasteAt } from './canvas.ts';

export interface Cell {
  readonly image: Image;
  readonly caption: string;
}

const MARGIN = 12;
const GAP = 8;
const TITLE_SIZE = 15;
const TITLE_HEIGHT = 30;
const CAPTION_SIZE = 9;
const CAPTION_HEIGHT = 14;
/** Width of a letter relative to its height, in wide fonts. */
const LETTER = 0.55;
const MIN_WIDTH = 360;

/** Cells of equal size in a nearly square grid. */
export async function drawGrid(title: string, cells: readonly Cell[]): Promise<Image> {
  const { image } = cells[0];
  const columns = Math.ceil(Math.sqrt(cells.length));
  const longest = Math.max(...cells.map(({ caption }) => caption.length));
  const across = Math.max(image.width, Math.ceil(longest * CAPTION_SIZE * LETTER)) + GAP;
  const down = image.height + CAPTION_HEIGHT + GAP;
  const width = Math.max(MIN_WIDTH, titleWidth(title), 2 * MARGIN + columns * across - GAP);
  const rows = Math.ceil(cells.length / columns);
  const canvas = blankImage(width, 2 * MARGIN + TITLE_HEIGHT + rows * down - GAP);
  const captions: Caption[] = [titleCaption(title)];
  for (const [i, cell] of cells.entries()) {
    const left = MARGIN + (i % columns) * across;
    const top = MARGIN + TITLE_HEIGHT + Math.floor(i / columns) * down;
    pasteAt(canvas, cell.image, left, top);
    const baseline = top + cell.image.height + CAPTION_SIZE + 1;
    captions.push({ text: cell.caption, left, baseline, size: CAPTION_SIZE });
  }
  return withCaptions(canvas, captions);
}

function titleCaption(text: string): Caption {
  return { text, left: MARGIN, baseline: MARGIN + TITLE_SIZE, size: TITLE_SIZE };
}

function titleWidth(title: string): number {
  return 2 * MARGIN + Math.ceil(title.length * TITLE_SIZE * LETTER);
}

/** Images side by side in their own sizes, with a color scale from `low` to `high` to the right of them. */
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
  const canvas = blankImage(Math.max(across + legend, titleWidth(title)), height + TITLE_HEIGHT + 2 * MARGIN);
  const top = MARGIN + TITLE_HEIGHT;
  let left = MARGIN;
  for (const panel of panels) {
    pasteAt(canvas, panel, left, top);
    left += panel.width + MARGIN;
  }
  const captions: Caption[] = [titleCaption(title)];
  if (scale) {
    pasteAt(canvas, scale.colors, left, top);
    const beside = left + scale.colors.width + GAP;
    captions.push({ text: scale.high, left: beside, baseline: top + 11, size: 12 });
    captions.push({ text: scale.low, left: beside, baseline: top + scale.colors.height - 2, size: 12 });
  }
  return withCaptions(canvas, captions);
}
