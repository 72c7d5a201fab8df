// Detects the column of a table that names its images, by looking for the files.
import { dirname, join, resolve } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { isImageName } from '../file-dataset.ts';
import type { Row } from './csv.ts';
import {
  type FoundImages,
  ImageFinder,
  type ImagePlace,
  type PlaceOptions,
  type Reading,
  readings,
  withExtension,
} from './find-images.ts';
import { Table } from './table.ts';

const IMAGE =
  /^(paths?|files?|file_?(name|path)s?|fnames?|(image|img|picture|photo)s?|(image|img)_?(name|path|id|code|file|index)s?|id|id_code|name)$/;
/** Number of rows to check first, to exclude columns that do not name files. */
const SAMPLE = 100;

export interface ImageOptions extends PlaceOptions {
  /** Columns with another purpose, by name or number. */
  readonly others?: readonly (string | undefined)[];
  /** Name of the column, or its number from 1 (default: detected). */
  readonly imageColumn?: string | undefined;
}

export interface ImageChoice {
  readonly table: Table;
  readonly column: number;
  /** A path for each row of the table, also for missing files. */
  readonly paths: readonly string[];
  /** Rows whose files are missing. */
  readonly missing: readonly number[];
  /** Description for the notes. */
  readonly described: string;
}

/** A column that may name images. */
interface Candidate {
  readonly column: number;
  readonly found: FoundImages;
  /** Criteria in order of importance; the candidate with the most is best. */
  readonly merits: readonly boolean[];
}

/**
 * Detects the column of images and their files. A first line that does not name an image is the header.
 * @throws DataError if no column names images, or several columns, folders or extensions match equally well
 */
export function chooseImages(path: string, rows: readonly Row[], options: ImageOptions): ImageChoice {
  const finder = new ImageFinder(path, options);
  const named = new Table(path, rows, true);
  const all = new Table(path, rows, false); // Its first row may be the header.
  const candidates = candidatesIn(named, all, finder, options);
  if (candidates.length === 0) throw noImagesFound(named, all, finder, options);
  const { column, found } = chooseBest(named, candidates);
  if (found.ambiguous) throw severalPlaces(named, column, found.places, options);
  const asked = [options.imageColumn, ...(options.others ?? [])];
  const isNamed = asked.some((text) => text !== undefined && named.names.includes(text.trim()));
  const hasHeader = isNamed || (found.paths[0] === undefined && isHeader(all, column));
  const table = hasHeader ? named : all;
  const files = hasHeader ? found.paths.slice(1) : found.paths;
  const missing = [...files.keys()].filter((row) => files[row] === undefined);
  const { folder, extension } = found.places[0];
  const place = resolve(options.imageDir ?? dirname(path), folder);
  const values = table.values(column);
  const paths = files.map((file, row) => file ?? resolve(place, withExtension(values[row], extension)));
  return { table, column, paths, missing, described: describe(table, column, found.places, options) };
}

/** Whether the first row has no name of an image, and no value that later rows have in the same column. */
function isHeader(all: Table, column: number): boolean {
  if (isImageName(all.values(column)[0])) return false;
  return all.columns.every((own) => {
    const [first, ...rest] = all.values(own);
    return first === '' || !rest.includes(first);
  });
}

/** Candidates of the first reading that finds files for at least half of the rows of a column, or of the one that finds most. */
function candidatesIn(named: Table, all: Table, finder: ImageFinder, options: ImageOptions): Candidate[] {
  const { imageColumn, others = [] } = options;
  const excluded = others.map((text) => (text === undefined ? undefined : named.find(text)));
  const columns =
    imageColumn === undefined
      ? all.columns.filter((column) => !excluded.includes(column))
      : [named.require(imageColumn, '--image-column')];
  let most: Candidate[] = [];
  for (const reading of readings) {
    const candidates = columns.flatMap((column) =>
      candidateFor(named, column, all.values(column), finder, reading, imageColumn !== undefined),
    );
    const usual = candidates.filter(({ found }) => 2 * found.count >= all.rows.length);
    if (usual.length > 0) return usual;
    if (countOf(candidates) > countOf(most)) most = candidates;
  }
  return most;
}

function countOf(candidates: readonly Candidate[]): number {
  return Math.max(0, ...candidates.map(({ found }) => found.count));
}

function candidateFor(
  table: Table,
  column: number,
  values: readonly string[],
  finder: ImageFinder,
  reading: Reading,
  requested: boolean,
): Candidate[] {
  if (finder.find(sampleOf(values), reading).count === 0) return [];
  const found = finder.find(values, reading);
  const [isName, isUsual, isDistinct, isFound] = [
    2 * values.filter(isImageName).length >= values.length,
    IMAGE.test(table.plainName(column)),
    2 * new Set(values).size > values.length,
    2 * found.count >= values.length,
  ];
  // Numbers such as ages or classes may be file names by chance.
  const isLikely = requested || isName || isUsual || (isDistinct && isFound);
  return isLikely ? [{ column, found, merits: [isName, isUsual, isDistinct, isFound] }] : [];
}

/** Distinct values from the whole column. */
function sampleOf(values: readonly string[]): string[] {
  const distinct = [...new Set(values)];
  const step = Math.max(1, Math.floor(distinct.length / SAMPLE));
  return distinct.filter((_, i) => i % step === 0);
}

/**
 * The best candidate; equally good columns must name the same files.
 * @throws DataError if they do not
 */
function chooseBest(table: Table, candidates: readonly Candidate[]): Candidate {
  const rank = ({ merits }: Candidate) => merits.map(Number).join('');
  const highest = candidates.map(rank).sort().at(-1);
  const best = candidates.filter((candidate) => rank(candidate) === highest);
  const [first] = best;
  if (best.every(({ found }) => String(found.paths) === String(first.found.paths))) return first;
  const options = best.map(({ column, found }) => {
    return `${table.title(column)} (${found.count} files; --image-column ${table.optionName(column)})`;
  });
  throw new DataError(`${table.path}: the images may be those of ${options.join(' or ')}; choose one.`);
}

function severalPlaces(
  table: Table,
  column: number,
  places: readonly ImagePlace[],
  { imageDir = '' }: ImageOptions,
): DataError {
  const sameFolder = new Set(places.map(({ folder }) => folder)).size === 1;
  const options = places.map((place) => {
    const { folder, extension, count } = place;
    const choice = sameFolder ? `--extension ${extension}` : `--image-dir ${join(imageDir, folder)}`;
    return `${placeIn(imageDir, place)} (${count} files; ${choice})`;
  });
  return new DataError(
    `${table.path}: the images of ${table.title(column)} may be those in ${[...new Set(options)].join(' or ')}; choose one.`,
  );
}

/** The error that names what was searched, and what there is. */
function noImagesFound(named: Table, all: Table, finder: ImageFinder, options: ImageOptions): DataError {
  if (named.names.some((name) => /^pixels?_?\d*$/i.test(name))) {
    return new DataError(
      `${named.path}: has ${named.listed()}, which contain pixels, not names of images; write each image to a file, and a ` +
        'table of their paths and labels.',
    );
  }
  const { imageColumn, imageDir, extension } = options;
  const where = imageDir === undefined ? 'in its folder or near it' : `in ${imageDir} or below it`;
  const usual = named.columns.find((column) => IMAGE.test(named.plainName(column)));
  const column = imageColumn === undefined ? usual : named.find(imageColumn);
  const values = column === undefined ? [] : all.values(column);
  const shown =
    column === undefined ? undefined : values.find((value) => value !== '' && value !== named.names[column]);
  const kind = extension === undefined ? '' : ` with the extension ${extension}`;
  const fault =
    shown === undefined || column === undefined
      ? `none of ${named.listed()} names images ${where}`
      : `there is no image "${shown}"${kind} (${named.title(column)}) ${where}`;
  const example = finder.example();
  return new DataError(
    `${named.path}: ${fault}, which has ${example === undefined ? 'no images' : `images such as ${example}`}. Paths in a table ` +
      'are relative to its folder; set the column by --image-column, the folder by --image-dir, the extension by --extension.',
  );
}

/** `images/ with .jpg` */
function placeIn(imageDir: string, { folder, extension }: ImagePlace): string {
  const path = imageDir === '' ? folder : join(imageDir, folder);
  return `${path || 'its own folder'}${extension && ` with ${extension}`}`;
}

function describe(
  table: Table,
  column: number,
  places: readonly ImagePlace[],
  { imageDir = '' }: ImageOptions,
): string {
  const [first] = places;
  const isWritten = places.length === 1 && first.folder === '' && first.extension === '' && imageDir === '';
  if (isWritten) return `images from ${table.title(column)}`;
  const listed = places.slice(0, 4).map((place) => {
    return `${placeIn(imageDir, place)}${places.length > 1 ? ` (${place.count})` : ''}`;
  });
  const more = places.length > listed.length ? ` and ${places.length - listed.length} more places` : '';
  return `images from ${table.title(column)}, found in ${listed.join(', ')}${more}`;
}
