// Text on images.
import type { Image } from './image.ts';
import { sharp } from './sharp.ts';

/** A line of text; `baseline` and `left` in pixels from the top left. */
export interface Caption {
  readonly text: string;
  readonly left: number;
  readonly baseline: number;
  /** Height of the letters in pixels. */
  readonly size: number;
  /** Which point of the text is at `left` (default: start). */
  readonly anchor?: 'start' | 'middle';
}

const INK = '#1b1f24';
const FONT = 'system-ui, Helvetica, Arial, DejaVu Sans, sans-serif';

/** The RGB image with dark text on it. */
export async function withCaptions(image: Image, captions: readonly Caption[]): Promise<Image> {
  const { width, height, channels, data } = image;
  if (captions.length === 0) return image;
  const words = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" fill="${INK}">${captions.map(draw).join('')}</svg>`;
  const pixels = await sharp(data, { raw: { width, height, channels } })
    .composite([{ input: Buffer.from(words) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, channels, data: new Uint8Array(pixels) };
}

function draw({ text, left, baseline, size, anchor = 'start' }: Caption): string {
  return `<text x="${left}" y="${baseline}" font-size="${size}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
