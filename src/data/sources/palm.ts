// iChallenge-PM (PALM): fundus photographs with or without pathologic myopia.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import type { SplitDataset } from '../dataset.ts';
import { FileDataset, type LabeledFile } from '../file-dataset.ts';
import { nothingSkipped } from '../folder/skipped.ts';
import { imagesBelow } from '../folder/walk.ts';
import { columnOf, readRows } from '../table/csv.ts';
import { type Finding, type LocateOptions, locate, type Publication } from './published.ts';

const CLASSES = ['not pathologic', 'pathologic'];
const TRAINING = ['PALM-Training400', 'Training400'];
const VALIDATION = ['PALM-Validation400', 'Validation400'];
const TABLES = ['labels.csv', 'PM_Label_and_Fovea_Location.csv'];
const TABLE_FOLDERS = ['.', 'PALM-Validation-GT'];
/** First letters of the training images: pathologic myopia, high myopia, normal. */
const LETTERS: Readonly<Record<string, number>> = { P: 1, H: 0, N: 0 };

interface Place {
  readonly training: string;
  readonly validation: string;
  readonly table: string;
}

export const PALM: Publication<Place> = {
  name: 'palm',
  files: [],
  mirrors: [],
  find,
  advice:
    'It requires registration (iChallenge-PM, palm.grand-challenge.org). Put PALM-Training400, ' +
    'PALM-Validation400 and the table of validation labels, saved as labels.csv with the columns imgName and Label, into one ' +
    'folder, and set --data-dir to it.',
};

export interface PalmOptions extends LocateOptions {
  /** Encoding of the table, see `readText`. */
  readonly encoding?: string | undefined;
}

/**
 * Opens PALM, found by `locate`. Training labels are the first letters of the files (P is pathologic; H and N are not),
 * validation labels are in a table. Splits: train and valid; there are no test labels.
 * @throws DataError if files or labels are missing
 */
export async function openPalm(options: PalmOptions = {}): Promise<SplitDataset> {
  const { training, validation, table } = await locate(PALM, options);
  const train = new FileDataset(CLASSES, (await imagesIn(training)).map(labeledByLetter));
  const valid = new FileDataset(
    CLASSES,
    labeledByTable(await imagesIn(validation), await readLabels(table, options.encoding), table),
  );
  return { name: PALM.name, classes: CLASSES, splits: { train, valid, test: new FileDataset(CLASSES, []) } };
}

function find(folder: string): Finding<Place> {
  const existing = (names: readonly string[]) =>
    names.map((name) => join(folder, name)).find((path) => existsSync(path));
  const training = existing(TRAINING);
  const validation = existing(VALIDATION);
  const table = existing(TABLE_FOLDERS.flatMap((inside) => TABLES.map((name) => join(inside, name))));
  if (training && validation && table) return { found: { training, validation, table } };
  const missing = [
    ...(training ? [] : [TRAINING[0]]),
    ...(validation ? [] : [VALIDATION[0]]),
    ...(table ? [] : [TABLES[0]]),
  ];
  return { missing: `missing ${missing.join(', ')}` };
}

async function imagesIn(folder: string): Promise<string[]> {
  const images = await imagesBelow(folder, nothingSkipped(), { followLinks: true });
  if (images.length > 0) return images;
  throw new DataError(`${folder}: has no images; unpack the archive again.`);
}

function labeledByLetter(path: string): LabeledFile {
  const label = LETTERS[basename(path)[0]];
  if (label !== undefined) return { path, label };
  throw new DataError(
    `${path}: its first letter, the label of training images, is not one of ${Object.keys(LETTERS).join(', ')}; ` +
      'remove the file.',
  );
}

function labeledByTable(
  images: readonly string[],
  labels: ReadonlyMap<string, number>,
  table: string,
): LabeledFile[] {
  return images.map((path) => {
    const label = labels.get(basename(path));
    if (label === undefined)
      throw new DataError(`${path}: is not in ${table}; add its label or remove the file.`);
    return { path, label };
  });
}

async function readLabels(table: string, encoding: string | undefined): Promise<Map<string, number>> {
  const [header, ...rows] = await readRows(table, encoding);
  if (!header) throw new DataError(`${table}: is empty; expected the columns imgName and Label.`);
  const [name, label] = [columnOf(header, ['imgname'], table), columnOf(header, ['label'], table)];
  return new Map(
    rows.map(({ cells, line }) => {
      const text = cells[label]?.trim() ?? '';
      if (text !== '0' && text !== '1') {
        throw new DataError(`${table}: line ${line} has the label "${text}"; expected 0 or 1.`);
      }
      return [cells[name]?.trim() ?? '', Number(text)];
    }),
  );
}
