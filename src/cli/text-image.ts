// Small gray images as text: one character for two pixels, one above the other.
import type { Image } from '../image/image.ts';

const threshold = 96;
const blocks = [' ', '▄', '▀', '█'] as const;

/**
 * A gray image as lines of half blocks where pixels are bright, `width - 2 margin` characters wide.
 * @param margin pixels to crop on each side
 */
export function textImage({ width, height, data }: Image, margin = 0): string[] {
  const bright = (row: number, column: number) =>
    row < height - margin && data[row * width + column] >= threshold;
  const lines: string[] = [];
  for (let row = margin; row < height - margin; row += 2) {
    const columns = Array.from({ length: width - 2 * margin }, (_, i) => margin + i);
    const code = (column: number) => (bright(row, column) ? 2 : 0) + (bright(row + 1, column) ? 1 : 0);
    lines.push(columns.map((column) => blocks[code(column)]).join(''));
  }
  return lines;
}

/** Blocks of lines next to one another, each as wide as its widest line. */
export function sideBySide(images: readonly (readonly string[])[], gap = '   '): string {
  const widths = images.map((lines) => Math.max(...lines.map((line) => line.length)));
  const height = Math.max(...images.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    images
      .map((lines, i) => (lines[row] ?? '').padEnd(widths[i]))
      .join(gap)
      .trimEnd(),
  ).join('\n');
}
