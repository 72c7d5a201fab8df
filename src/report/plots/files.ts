// Plots as SVG and PNG files.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rasterize } from '../../image/svg.ts';
import { writeError } from '../../system/files.ts';
import { Markup, markup } from '../markup.ts';
import { light } from '../palette.ts';
import { drawPlot, type Plot } from './frame.ts';
import { plotStyle } from './style.ts';

/** Pixels of the PNG per pixel of the SVG. */
export const SCALE = 2;
const plotNames = ['loss', 'accuracy', 'learning-rate', 'throughput', 'confusion', 'roc', 'reliability'];

/**
 * Writes each plot as `NAME.svg` and `NAME.png` into a folder, and removes earlier plots.
 * @throws DataError if a file cannot be written
 */
export async function writePlots(folder: string, plots: readonly Plot[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const stale = plotNames.flatMap((name) => [`${name}.svg`, `${name}.png`]);
    for (const name of stale) await rm(join(folder, name), { force: true });
    for (const plot of plots) {
      const svg = standAlone(plot);
      await writeFile(join(folder, `${plot.name}.svg`), svg);
      await writeFile(join(folder, `${plot.name}.png`), await rasterize(svg, SCALE));
    }
  } catch (error) {
    throw writeError(folder, error as NodeJS.ErrnoException);
  }
}

/** An SVG file with its own style and background. */
export function standAlone(plot: Plot): string {
  const { width, height } = plot;
  const style = new Markup(plotStyle(light));
  const background = markup`<style>${style}</style><rect class="paper" width="${width}" height="${height}"/>`;
  return `${drawPlot(plot, background).text}\n`;
}
