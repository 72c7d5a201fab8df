// Downloading one file: mirrors in turn, progress, and nothing under its name before its md5 is right.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DataError } from '../tensor/errors.ts';

/** A file that is published under a name, with the size and md5 it must have. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  readonly md5: string;
}

export interface Progress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

export interface DownloadOptions {
  /** Addresses of folders, each ending with `/`, tried in order. */
  readonly mirrors: readonly string[];
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** A mirror that sends nothing for so long is given up; 30 000 if left out. */
  readonly stallMilliseconds?: number | undefined;
}

/**
 * Fetches a file to `path` from the first mirror that gives the right one. It is written beside `path` under a
 * temporary name and renamed when its md5 is right; one with a wrong md5 is kept as `*.wrong-md5` and not used.
 * @throws DataError if no mirror gives the file: what each said, and how to put it there by hand
 */
export async function download(file: PublishedFile, path: string, options: DownloadOptions): Promise<void> {
  const failures: string[] = [];
  await mkdir(dirname(path), { recursive: true }).catch((error: Error) => {
    throw new DataError(
      `cannot make the folder ${dirname(path)} (${error.message}); set FOVEA_CACHE to another.`,
    );
  });
  for (const mirror of options.mirrors) {
    try {
      return await downloadFrom(mirror + file.name, file, path, options);
    } catch (error) {
      failures.push(`  ${mirror}${file.name}: ${reasonOf(error)}`);
    }
  }
  throw new DataError(
    `cannot download ${file.name}. Tried:\n${failures.join('\n')}\n` +
      `Get the file (md5 ${file.md5}) by other means and put it into ${dirname(path)}, or into a folder that ` +
      'FOVEA_DATA names.',
  );
}

async function downloadFrom(
  url: string,
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const md5 = await fetchTo(temporary, url, file, options);
    if (md5 === file.md5) return await rename(temporary, path);
    const aside = `${path}.wrong-md5`;
    await rename(temporary, aside);
    throw new DataError(`md5 is ${md5}, expected ${file.md5}; kept as ${basename(aside)}, not used`);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes what the address sends and gives its md5; gives up when it stalls or sends more than the file has. */
async function fetchTo(
  path: string,
  url: string,
  file: PublishedFile,
  options: DownloadOptions,
): Promise<string> {
  const { onProgress, stallMilliseconds = 30_000 } = options;
  const aborter = new AbortController();
  const stalled = () => aborter.abort(new DataError(`nothing came for ${stallMilliseconds / 1000} s`));
  const timer = setTimeout(stalled, stallMilliseconds);
  const target = await open(path, 'wx');
  const hash = createHash('md5');
  let done = 0;
  try {
    const response = await fetch(url, { signal: aborter.signal });
    if (!response.ok || response.body === null) {
      throw new DataError(`answered ${response.status} ${response.statusText}`);
    }
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      done += chunk.length;
      if (done > file.bytes) throw new DataError(`sends more than the ${file.bytes} bytes of the file`);
      hash.update(chunk);
      await target.writeFile(chunk);
      onProgress?.({ file: file.name, done, total: file.bytes });
    }
  } finally {
    clearTimeout(timer);
    aborter.abort();
    await target.close();
  }
  return hash.digest('hex');
}

/** `fetch failed` says little; the cause (no such host, refused) says what happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const code = (cause as NodeJS.ErrnoException).code;
  return `${message} (${cause.message || code || cause.name})`;
}
