// Published data sets: finds their files, or downloads them to the cache folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { cacheFolder } from '../../system/cache-folder.ts';
import { download, type Progress, type PublishedFile } from './download.ts';

export interface LocateOptions {
  /** Folder with the files, or with a sub-folder named after the data set; then nothing is downloaded. */
  readonly dataDir?: string | undefined;
  /** Called with the finished and total bytes while a file is downloaded. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The files of a data set in a folder, or what is missing, in words. */
export type Finding<T> = { readonly found: T } | { readonly missing: string };

/** A published data set. */
export interface Publication<T> {
  readonly name: string;
  /** Files to download; none if they require registration. */
  readonly files: readonly PublishedFile[];
  /** URLs of folders with the files, in the order to try them. */
  readonly mirrors: readonly string[];
  /** How to get the files by other means, one sentence. */
  readonly advice: string;
  find(folder: string): Finding<T> | Promise<Finding<T>>;
}

/**
 * Finds the files of a data set in `dataDir`, or in the folder `FOVEA_DATA`, or in the cache folder, where missing files are
 * downloaded. The first two may have a sub-folder named after the data set.
 * @throws DataError if they are not found, or cannot be downloaded
 */
export async function locate<T>(publication: Publication<T>, options: LocateOptions = {}): Promise<T> {
  const { name, files, mirrors, advice } = publication;
  const { dataDir, onProgress } = options;
  if (dataDir !== undefined && !existsSync(dataDir)) {
    throw new DataError(`there is no folder ${dataDir} for ${name}; check the path.`);
  }
  const given = dataDir ?? process.env.FOVEA_DATA;
  const findings = given ? await findBelow(publication, given) : [];
  for (const { finding } of findings) if ('found' in finding) return finding.found;
  if (dataDir !== undefined) throw notFound(name, dataDir, findings, advice);
  const cache = join(cacheFolder(), name);
  const cached = await publication.find(cache);
  if ('found' in cached) return cached.found;
  if (files.length === 0)
    throw notFound(name, given ?? cache, [...findings, { place: cache, finding: cached }], advice);
  for (const file of files) await download(file, join(cache, file.name), { mirrors, onProgress });
  const downloaded = await publication.find(cache);
  if ('found' in downloaded) return downloaded.found;
  throw notFound(name, cache, [{ place: cache, finding: downloaded }], advice);
}

interface Searched<T> {
  readonly place: string;
  readonly finding: Finding<T>;
}

async function findBelow<T>(publication: Publication<T>, folder: string): Promise<Searched<T>[]> {
  const places = [join(folder, publication.name), folder];
  return Promise.all(places.map(async (place) => ({ place, finding: await publication.find(place) })));
}

function notFound(
  name: string,
  folder: string,
  searched: readonly Searched<unknown>[],
  advice: string,
): DataError {
  const lines = searched.map(({ place, finding }) =>
    'missing' in finding ? `  ${place}: ${finding.missing}\n` : '',
  );
  return new DataError(`${name} is not in ${folder}:\n${lines.join('')}${advice}`);
}
