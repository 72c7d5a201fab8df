// Images listed in a table: `csv:FILE` with paths or names, labels, and optionally splits.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { lookup } from '../../base/lookup.ts';
import { formatList } from '../../base/text.ts';
import { pick, type SplitDataset, type SplitName } from '../dataset.ts';
import { FileDataset, isImageName, type LabeledFile } from '../file-dataset.ts';
import { type FolderOptions, UNLABELED } from '../folder/options.ts';
import { className, noteLabels, similarityKey } from '../label-notes.ts';
import { stratifiedSplit, trainOnly } from '../split.ts';
import { readRows } from './csv.ts';
import { chooseImages, type ImageChoice, type ImageOptions } from './image-column.ts';
import { chooseLabels, type LabelChoice, type LabelOptions } from './label-column.ts';
import { chooseSplits, type SplitChoice } from './split-column.ts';
import type { Table } from './table.ts';

export interface TableOptions extends Omit<ImageOptions, 'others'>, Pick<LabelOptions, 'labelColumn'> {
  /** Encoding of the table, a label of the Encoding Standard such as latin1 (default: by the byte order mark, or UTF-8). */
  readonly encoding?: string | undefined;
  /** Column of the splits; `COLUMN=VALUE` for validation rows; or `none` (default: detected). */
  readonly splitColumn?: string | undefined;
  /**
   * What to do if listed files are missing: refuse the table, or keep them, to fail when they are read (default: `refuse`, or
   * `keep` if labels are optional).
   */
  readonly missing?: 'refuse' | 'keep' | undefined;
}

/**
 * Opens a table of images. The column of images, their folder and extension are detected by looking for the files. Columns of
 * labels and splits are recognized by their names, as one-hot columns of 0 and 1, or because no other column remains. A first
 * line that names an image is not a header. Paths are relative to the table. Without splits, images are split by class and
 * seed. `notes` of the result lists what was detected.
 * @throws DataError if the table cannot be read, lacks a value, can be read in several ways, or its images are not found
 */
export async function openCsv(
  path: string,
  options: FolderOptions & TableOptions = {},
): Promise<SplitDataset> {
  const rows = await readRows(path, options.encoding);
  const isHeaderOnly = rows.length === 1 && !rows[0].cells.some((cell) => isImageName(cell.trim()));
  if (rows.length === 0 || isHeaderOnly) throw noImages(path);
  const images = chooseImages(path, rows, {
    ...options,
    imageDir: imageFolder(path, options.imageDir),
    others: [options.labelColumn, options.splitColumn],
  });
  const { table, column } = images;
  const notes: string[] = [];
  const note = (text: string) => notes.push(`${path}: ${text}`);
  const named = options.labelColumn === undefined ? undefined : table.find(options.labelColumn);
  const taken = [column, ...(named === undefined ? [] : [named])];
  const splits = chooseSplits(table, taken, options.splitColumn, note);
  const chosen = chooseLabels(table, splits ? [...taken, splits.column] : taken, options);
  const written = chosen?.labels ?? table.rows.map(() => UNLABELED);
  note(describe(images, chosen, splits));
  if (chosen) noteLabels(written).forEach(note);
  const labels = written.map(className);
  const classes = options.classes ?? classesOf(labels);
  checkClasses(table, classes, labels, options.classes !== undefined || options.labels === 'optional');
  checkPaths(images);
  checkMissing(images, options, note);
  const files = filesOf(images.paths, classes, labels);
  noteRepeated(files, note);
  const all = new FileDataset(classes, files, options);
  return { name: `csv:${path}`, classes, splits: divided(), all, notes };

  function divided(): SplitDataset['splits'] {
    if (splits) return partsOf(all, splits);
    return chosen ? stratifiedSplit(all, options) : trainOnly(all);
  }
}

/** The detected columns. */
function describe(
  images: ImageChoice,
  labels: LabelChoice | undefined,
  splits: SplitChoice | undefined,
): string {
  const divided = splits?.described ?? (labels ? 'no splits, so images are split by class' : undefined);
  return `${[images.described, labels?.described ?? 'no labels', ...(divided ? [divided] : [])].join('; ')}.`;
}

function noImages(path: string): DataError {
  return new DataError(
    `${path}: lists no images; expected the columns path and label, and one line per image.`,
  );
}

/** The given folder, relative to the working directory or to the table. */
function imageFolder(path: string, given: string | undefined): string | undefined {
  if (given === undefined || existsSync(given)) return given;
  const beside = join(dirname(path), given);
  if (existsSync(beside)) return beside;
  throw new DataError(`there is no folder "${given}" for the images of ${path}; check --image-dir.`);
}

function filesOf(
  paths: readonly string[],
  classes: readonly string[],
  labels: readonly string[],
): LabeledFile[] {
  const indices = new Map(classes.map((name, index) => [name, index]));
  return paths.map((path, row) => ({ path, label: lookup(indices, labels[row]) }));
}

function checkPaths({ table, column }: ImageChoice): void {
  const values = table.values(column);
  const empty = [...values.keys()].filter((row) => values[row] === '');
  if (empty.length > 0) {
    throw new DataError(
      `${table.path}: ${table.linesOf(empty)} ${empty.length === 1 ? 'has' : 'have'} no path in ${table.title(column)}; ` +
        'fill it in or remove the line.',
    );
  }
}

/** Sorted by value if all are numbers, else by code units. */
function classesOf(labels: readonly string[]): string[] {
  const names = [...new Set(labels)].sort();
  return names.every((name) => /^\d+$/.test(name)) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

function checkClasses(
  table: Table,
  classes: readonly string[],
  labels: readonly string[],
  mayBeOne: boolean,
): void {
  const known = new Set(classes);
  const unknown = labels.findIndex((label) => !known.has(label));
  if (unknown !== -1) {
    const label = labels[unknown];
    const similar = classes.find((name) => similarityKey(name) === similarityKey(label));
    throw new DataError(
      `${table.path}: line ${table.rows[unknown].line} has the label "${label}", which is not one of the classes ` +
        `${classes.join(', ')}; ${similar === undefined ? 'change or remove it' : `did you mean "${similar}"?`}`,
    );
  }
  if (mayBeOne || classes.length > 1) return;
  throw new DataError(
    `${table.path}: has only one class, "${classes[0]}"; list images of the other classes too.`,
  );
}

function checkMissing(
  { table, column, paths, missing }: ImageChoice,
  options: TableOptions & Pick<LabelOptions, 'labels'>,
  note: (text: string) => void,
): void {
  if (missing.length === 0) return;
  const values = table.values(column);
  const names = missing.map((row) => values[row]);
  const found = `${missing.length} of ${paths.length} images are missing (${formatList(names)})`;
  const { missing: action = options.labels === 'optional' ? 'keep' : 'refuse' } = options;
  if (action === 'keep') note(`${found}.`);
  else
    throw new DataError(
      `${table.path}: ${found}; add the files, remove the lines, or skip them with --unreadable skip.`,
    );
}

/** Notes images that are listed several times, possibly with different labels. */
function noteRepeated(files: readonly LabeledFile[], note: (text: string) => void): void {
  const labels = new Map<string, Set<number>>();
  for (const { path, label } of files) labels.set(path, (labels.get(path) ?? new Set()).add(label));
  const repeated = files.length - labels.size;
  if (repeated === 0) return;
  const differing = [...labels].filter(([, own]) => own.size > 1).map(([path]) => basename(path));
  const verb = differing.length === 1 ? 'has' : 'have';
  const shown = `; ${differing.length} of these images ${verb} different labels, such as ${differing[0]}`;
  note(
    `${repeated} ${repeated === 1 ? 'line lists' : 'lines list'} an image again${differing.length === 0 ? '' : shown}.`,
  );
}

function partsOf(all: FileDataset, { splits }: SplitChoice): SplitDataset['splits'] {
  const part = (name: SplitName) =>
    pick(
      all,
      [...splits.keys()].filter((row) => splits[row] === name),
    );
  return { train: part('train'), valid: part('valid'), test: part('test') };
}
