// SVG drawings to pixels.
import { sharp } from './sharp.ts';

/** Pixels per inch at which one unit of a drawing is one pixel. */
const UNIT_DENSITY = 72;

/** The bytes of a PNG file that shows an SVG drawing, `scale` pixels for each of its units. */
export async function rasterize(svg: string, scale = 1): Promise<Uint8Array> {
  return sharp(new TextEncoder().encode(svg), { density: UNIT_DENSITY * scale })
    .png({ palette: true })
    .toBuffer();
}
