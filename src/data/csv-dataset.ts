// Images listed in a table: `csv:FILE` with their paths and labels.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataError } from '../tensor/errors.ts';
import { columnOf, optionalColumn, type Row, readRows } from './csv.ts';
import { pick, type SplitDataset, type SplitName } from './dataset.ts';
import { FileDataset, isImageName, type LabelledFile } from './files.ts';
import { type FolderOptions, UNLABELLED } from './folder.ts';
import { allInTrain, splitOfName, stratifiedSplit } from './split.ts';

const PATH = ['path', 'file', 'filename', 'filepath', 'image', 'image_path', 'imgname'];
const LABEL = ['label', 'class', 'category', 'target'];
const SPLIT = ['split', 'part', 'set'];
/** Images of a table that are looked for when it is opened. */
const LOOKED_FOR = 20;

interface Columns {
  readonly path: number;
  /** -1 if the table has none and need not. */
  readonly label: number;
  /** -1 if the table has none. */
  readonly split: number;
}

/**
 * Opens a table of images. Its first line names the columns (path and label, or other usual words, and perhaps split), or is
 * an image already: then path, label and split come in this order. Paths are relative to the table. Without splits (train,
 * valid or val, test) the parts are drawn by class and seed, as a folder's are. Where labels are optional, paths will do.
 * @throws DataError if the table cannot be read, lacks a column or a value, or its images are elsewhere
 */
export async function openCsv(path: string, options: FolderOptions = {}): Promise<SplitDataset> {
  const rows = await readRows(path);
  const isLabelled = options.labels !== 'optional';
  const { columns, images } = columnsOf(rows, path, isLabelled);
  const labels = images.map((row) =>
    columns.label === -1 ? UNLABELLED : cellOf(row, columns.label, 'label', path),
  );
  const classes = options.classes ?? classesOf(labels);
  checkClasses(classes, labels, images, path, options.classes !== undefined || !isLabelled);
  const folder = dirname(path);
  const files = images.map((row, i): LabelledFile => {
    const image = cellOf(row, columns.path, 'path', path);
    return { path: resolve(folder, image), label: classes.indexOf(labels[i]!) };
  });
  checkPlace(files, path);
  const all = new FileDataset(classes, files, options);
  return { name: `csv:${path}`, classes, splits: splitsOf(), all };

  function splitsOf(): SplitDataset['splits'] {
    if (columns.split !== -1) return partsOf(all, images, columns.split, path);
    return columns.label === -1 ? allInTrain(all) : stratifiedSplit(all, options);
  }
}

function columnsOf(
  rows: readonly Row[],
  path: string,
  isLabelled: boolean,
): { columns: Columns; images: readonly Row[] } {
  const [first, ...rest] = rows;
  const startsAtOnce = first !== undefined && isImageName(first.cells[0]!);
  const images = startsAtOnce ? rows : rest;
  if (!first || images.length === 0) {
    throw new DataError(
      `${path}: lists no images; expected the columns path and label, and a line for each image.`,
    );
  }
  const width = first.cells.length;
  const columns = startsAtOnce
    ? { path: 0, label: isLabelled || width > 1 ? 1 : -1, split: width > 2 ? 2 : -1 }
    : {
        path: columnOf(first, PATH, path),
        label: isLabelled ? columnOf(first, LABEL, path) : optionalColumn(first, LABEL),
        split: optionalColumn(first, SPLIT),
      };
  return { columns, images };
}

function cellOf({ cells, line }: Row, column: number, what: string, path: string): string {
  const cell = cells[column];
  if (cell !== undefined && cell !== '') return cell.normalize();
  throw new DataError(`${path}: line ${line} has no ${what}; fill it in or remove the line.`);
}

/** In the order of their numbers, if all are numbers, else of their code units. */
function classesOf(labels: readonly string[]): string[] {
  const names = [...new Set(labels)].sort();
  return names.every((name) => /^\d+$/.test(name)) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

function checkClasses(
  classes: readonly string[],
  labels: readonly string[],
  images: readonly Row[],
  path: string,
  mayBeOne: boolean,
): void {
  const unknown = labels.findIndex((label) => !classes.includes(label));
  if (unknown !== -1) {
    throw new DataError(
      `${path}: line ${images[unknown]!.line} has the label "${labels[unknown]}", which is none of the classes ` +
        `${classes.join(', ')}; change or remove it.`,
    );
  }
  if (mayBeOne || classes.length > 1) return;
  throw new DataError(`${path}: has only one class, "${classes[0]}"; list images of the other classes too.`);
}

/** Refuses a table none of whose first images is where it says; single ones are found when they are read. */
function checkPlace(files: readonly LabelledFile[], path: string): void {
  if (files.slice(0, LOOKED_FOR).some((file) => existsSync(file.path))) return;
  throw new DataError(
    `${path}: there is no ${files[0]!.path}, which it lists first; paths in it are relative to its own folder: move the table to ` +
      'where they begin, or correct them.',
  );
}

function partsOf(
  all: FileDataset,
  images: readonly Row[],
  column: number,
  path: string,
): SplitDataset['splits'] {
  const parts: Record<SplitName, number[]> = { train: [], valid: [], test: [] };
  for (const [index, row] of images.entries()) {
    const name = cellOf(row, column, 'split', path);
    const split = splitOfName(name);
    if (split === undefined) {
      throw new DataError(
        `${path}: line ${row.line} has the split "${name}"; expected train, valid or test.`,
      );
    }
    parts[split].push(index);
  }
  return { train: pick(all, parts.train), valid: pick(all, parts.valid), test: pick(all, parts.test) };
}
