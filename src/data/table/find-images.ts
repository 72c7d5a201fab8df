// Finds the image files that a column of a table names: as written, in other folders, or without extensions.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isImageName } from '../file-dataset.ts';
import { parseSplitName } from '../split.ts';

export interface PlaceOptions {
  /** Folder of the images (default: detected, starting at the folder of the table). */
  readonly imageDir?: string | undefined;
  /** Extension of the images, if values have none or another (default: detected). */
  readonly extension?: string | undefined;
}

/** A folder, and the extension that makes file names in it from values. */
export interface ImagePlace {
  /** Relative to the start of the search; empty for the start itself. */
  readonly folder: string;
  readonly extension: string;
  readonly count: number;
}

export interface FoundImages {
  /** A path for each value, undefined where there is no file. */
  readonly paths: readonly (string | undefined)[];
  readonly count: number;
  readonly places: readonly ImagePlace[];
  /** Whether several places match equally well, so that the user must choose. */
  readonly ambiguous: boolean;
}

/**
 * How values become paths, in order of preference: relative to the folder; relative to its parent; or as file names, with any
 * extension of images, in any folder below it, or below a sibling of it or its parent with a usual name of image folders.
 */
export const readings = [
  'as written',
  'from the parent folder',
  'in folders below',
  'beside the folder',
  'beside the parent folder',
] as const;

export type Reading = (typeof readings)[number];

/** Maximum number of levels and folders to search below the folder of the table. */
const MAX_DEPTH = 3;
const MAX_FOLDERS = 5000;

/** Usual names of folders of images. */
const USUAL =
  /^(images?|imgs?|jpe?gs?|pngs?|photos?|pictures?|pics?|(train|training)([_-]?(images?|imgs?|jpe?g|png))?)$/i;

/** A file below a folder, by its name in composed Unicode; `path` is its name on disk. */
interface Entry {
  readonly relative: string;
  readonly path: string;
}

/** The images below a folder by name, and by name without extension. */
interface FileIndex {
  readonly names: ReadonlyMap<string, readonly Entry[]>;
  readonly stems: ReadonlyMap<string, readonly Entry[]>;
}

/** A folder to search. */
interface Start {
  readonly path: string;
  readonly relative: string;
  readonly depth: number;
}

interface Hit {
  readonly path: string;
  readonly folder: string;
  readonly extension: string;
}

export class ImageFinder {
  private readonly folder: string;
  private readonly parent: string | undefined;
  private readonly extension: string | undefined;
  private readonly tableName: string;
  private readonly listings = new Map<string, ReadonlyMap<string, string>>();
  private readonly indexes = new Map<string, FileIndex>();

  /** @param table path of the table */
  constructor(table: string, { imageDir, extension }: PlaceOptions) {
    this.folder = imageDir ?? dirname(table);
    this.parent = imageDir === undefined ? dirname(resolve(dirname(table))) : undefined;
    this.extension = extension === undefined ? undefined : `.${extension.replace(/^\./, '')}`;
    this.tableName = basename(table, extname(table));
  }

  /** The files of these values, in one of the readings. */
  find(values: readonly string[], reading: Reading): FoundImages {
    if (reading === 'as written') return this.asWritten(values, this.folder);
    if (reading === 'in folders below') return this.search(values, this.indexBelow());
    if (this.parent === undefined) return nothing(values);
    if (reading === 'from the parent folder') return this.asWritten(values, this.parent, '..');
    if (reading === 'beside the folder') return this.searchBeside(values, this.parent, '../');
    return this.searchBeside(values, dirname(this.parent), '../../');
  }

  /** Searches outside of the folder of the table, where a few files may have these names by chance. */
  private searchBeside(values: readonly string[], around: string, shown: string): FoundImages {
    const usual = listed(around).filter(({ name, isFolder }) => isFolder && USUAL.test(name));
    const starts = usual.map(({ name }) => ({ path: join(around, name), relative: `${name}/`, depth: 1 }));
    const found = this.search(values, this.indexed(around, starts), shown);
    return 2 * found.count >= values.length ? found : nothing(values);
  }

  /** A file below the folder, as an example of its names. */
  example(): string | undefined {
    const [first] = this.indexBelow().names.values();
    return first?.[0]?.relative;
  }

  private asWritten(values: readonly string[], folder: string, shown = ''): FoundImages {
    const paths = values.map((value) =>
      this.candidates(value)
        .map((name) => this.existing(resolve(folder, name)))
        .find((path) => path),
    );
    const count = paths.filter((path) => path !== undefined).length;
    const places = count === 0 ? [] : [{ folder: shown, extension: this.extension ?? '', count }];
    return { paths, count, places, ambiguous: false };
  }

  /** File names that a value may mean, also with separators of another system. */
  private candidates(value: string): string[] {
    if (value === '') return [];
    const name = withExtension(value, this.extension);
    return name.includes('\\') ? [name, name.replaceAll('\\', '/')] : [name];
  }

  /** The path as on disk: names may be in composed Unicode in one place and decomposed in the other. */
  private existing(path: string): string | undefined {
    const folder = dirname(path);
    let listing = this.listings.get(folder);
    if (!listing) {
      const files = listed(folder).filter(({ isFolder }) => !isFolder);
      listing = new Map(files.map(({ name }) => [name.normalize(), name]));
      this.listings.set(folder, listing);
    }
    const name = listing.get(basename(path).normalize());
    if (name !== undefined) return join(folder, name);
    // Case-insensitive file systems also find files under names that they do not list.
    return isImageName(path) && existsSync(path) ? path : undefined;
  }

  /** @param shown prefix of the folders in messages */
  private search(values: readonly string[], index: FileIndex, shown = ''): FoundImages {
    let hits = values.map((value) => this.hitsOf(value, index));
    if (hits.some(isUnclear)) hits = preferred(hits, 'folder', (folder) => this.rank(folder));
    if (hits.some(isUnclear)) hits = preferred(hits, 'extension', () => 0);
    const paths = hits.map(([first]) => first?.path);
    const count = paths.filter((path) => path !== undefined).length;
    const places = placesOf(hits).map((place) => ({ ...place, folder: `${shown}${place.folder}` }));
    return { paths, count, places, ambiguous: hits.some(isUnclear) };
  }

  private hitsOf(value: string, { names, stems }: FileIndex): Hit[] {
    const plain = value
      .normalize()
      .replaceAll('\\', '/')
      .replace(/^(\.?\/)+/, '');
    if (plain === '') return [];
    const fileName = withExtension(plain, this.extension);
    const isComplete = isImageName(fileName);
    const entries = (isComplete ? names : stems).get(basename(fileName)) ?? [];
    return entries.flatMap(({ relative, path }) => {
      const extension = isComplete ? (this.extension ?? '') : extname(relative);
      const name = isComplete ? relative : relative.slice(0, -extension.length);
      if (name !== fileName && !name.endsWith(`/${fileName}`)) return [];
      return [{ path, extension, folder: name.slice(0, -fileName.length) }];
    });
  }

  /** `train_labels.csv` prefers `train_images/` to `test_images/`, and any table prefers `images/` to `masks/`. */
  private rank(folder: string): number {
    const [name = ''] = folder.split('/');
    const split = splitIn(this.tableName);
    if (split !== undefined && splitIn(name) === split) return 2;
    return name === '' || USUAL.test(name) ? 1 : 0;
  }

  private indexBelow(): FileIndex {
    return this.indexed(this.folder, [{ path: this.folder, relative: '', depth: 0 }]);
  }

  private indexed(folder: string, starts: readonly Start[]): FileIndex {
    const index = this.indexes.get(folder) ?? indexOf(starts);
    this.indexes.set(folder, index);
    return index;
  }
}

function nothing(values: readonly string[]): FoundImages {
  return { paths: values.map(() => undefined), count: 0, places: [], ambiguous: false };
}

/** The name with this extension in place of another image extension; unchanged without an extension. */
export function withExtension(name: string, extension = ''): string {
  return extension === '' ? name : `${stemOf(name)}${extension}`;
}

function stemOf(name: string): string {
  return isImageName(name) ? name.slice(0, -extname(name).length) : name;
}

/** The split that a word of a name means. */
function splitIn(name: string) {
  const words = name.split(/[^a-z]+/i);
  return words.map(parseSplitName).find((split) => split !== undefined);
}

function isUnclear(hits: readonly Hit[]): boolean {
  return hits.length > 1;
}

/** The hits in the folders (or with the extensions) with about the most files, and of these those of the highest rank. */
function preferred(
  hits: readonly (readonly Hit[])[],
  key: 'folder' | 'extension',
  rank: (value: string) => number,
): Hit[][] {
  const counts = new Map<string, number>();
  for (const own of hits) {
    for (const value of new Set(own.map((hit) => hit[key]))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  const large = [...counts.keys()].filter((value) => 2 * (counts.get(value) ?? 0) >= most);
  const highest = Math.max(...large.map(rank));
  return hits.map((own) => own.filter((hit) => large.includes(hit[key]) && rank(hit[key]) === highest));
}

/** Places, those with the most files first. */
function placesOf(hits: readonly (readonly Hit[])[]): ImagePlace[] {
  const places = new Map<string, { folder: string; extension: string; count: number }>();
  for (const { folder, extension } of hits.flat()) {
    const key = `${folder}\n${extension}`;
    const place = places.get(key) ?? { folder, extension, count: 0 };
    place.count++;
    places.set(key, place);
  }
  return [...places.values()].sort((a, b) => b.count - a.count);
}

/** Indexes the images below some folders; behind links, only images directly in the target. */
function indexOf(starts: readonly Start[]): FileIndex {
  const names = new Map<string, Entry[]>();
  const stems = new Map<string, Entry[]>();
  const waiting = [...starts];
  for (let visited = 0; waiting.length > 0 && visited < MAX_FOLDERS; visited++) {
    const [{ path, relative, depth }] = waiting.splice(0, 1);
    for (const { name, isFolder, isLink } of listed(path)) {
      const entry = { path: join(path, name), relative: `${relative}${name.normalize()}` };
      if ((isFolder || (isLink && !isImageName(name))) && depth < MAX_DEPTH)
        waiting.push({
          path: entry.path,
          relative: `${entry.relative}/`,
          depth: isLink ? MAX_DEPTH : depth + 1,
        });
      if (isFolder || !isImageName(name)) continue;
      const composed = name.normalize();
      append(names, composed, entry);
      append(stems, stemOf(composed), entry);
    }
  }
  return { names, stems };
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Entries of a folder, sorted, without hidden ones; none if the folder does not exist. */
function listed(folder: string): { name: string; isFolder: boolean; isLink: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX')
      .map((entry) => ({
        name: entry.name,
        isFolder: entry.isDirectory(),
        isLink: entry.isSymbolicLink(),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
