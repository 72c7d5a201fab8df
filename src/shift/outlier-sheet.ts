// A contact sheet of the most distant outliers.
import type { Dataset } from '../data/dataset.ts';
import { contactSheet } from '../data/survey/contact-sheet.ts';
import type { Image } from '../image/image.ts';
import type { ShiftMeasurement } from './measure.ts';

const CELL = 128;
const COLUMNS = 6;

/** The outliers, six in a row, each above its nearest reference image. */
export async function outlierSheet({ pairs, reference, target }: ShiftMeasurement): Promise<Image> {
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

async function readAll(dataset: Dataset, indices: readonly number[]): Promise<Image[]> {
  return Promise.all(indices.map(async (index) => (await dataset.get(index)).image));
}
