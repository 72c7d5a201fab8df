// A picture of the images of the target that are most foreign to the reference.

import type { Dataset } from '../data/dataset.ts';
import { contactSheet } from '../data/survey/contact-sheet.ts';
import type { Image } from '../image/image.ts';
import type { ShiftMeasurement } from './measure.ts';

const CELL = 128;
const COLUMNS = 6;

/** The most foreign images, six in a row, and under each the reference image that is nearest to it. */
export async function foreignSheet({ pairs, reference, target }: ShiftMeasurement): Promise<Image> {
  const rows: Image[][] = [];
  for (let start = 0; start < pairs.length; start += COLUMNS) {
    const part = pairs.slice(start, start + COLUMNS);
    rows.push(
      await readAll(
        target,
        part.map((pair) => pair.target),
      ),
    );
    rows.push(
      await readAll(
        reference,
        part.map((pair) => pair.reference),
      ),
    );
  }
  return contactSheet(rows, CELL);
}

async function readAll(dataset: Dataset, places: readonly number[]): Promise<Image[]> {
  return Promise.all(places.map(async (place) => (await dataset.get(place)).image));
}
