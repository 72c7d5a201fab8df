// The stored fingerprint of a run's data: image files in data.jsonl, one per line; checksums in config.json.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../base/errors.ts';
import { isListOf, isNumber, isString } from '../base/json.ts';
import { type SplitName, splitNames } from '../data/dataset.ts';
import { readRegularFile, replaceFile } from '../system/files.ts';
import type { FileRecord, Fingerprint, SplitFingerprint } from './fingerprint.ts';
import { DATA } from './run-files.ts';

/** Checksums by split, for splits whose images are not files. */
export function checksumsOf(fingerprint: Fingerprint): Record<string, string> {
  return Object.fromEntries(
    splitNames.flatMap((split) => {
      const entry = fingerprint[split];
      return typeof entry === 'string' ? [[split, entry]] : [];
    }),
  );
}

/** Writes the file records of a fingerprint. */
export async function writeFileRecords(run: string, fingerprint: Fingerprint): Promise<void> {
  const path = join(run, DATA);
  const lines = splitNames.flatMap((split) => {
    const entry = fingerprint[split];
    return typeof entry === 'string' ? [] : entry.map(encode);
  });
  if (lines.length === 0) await rm(path, { force: true });
  else await replaceFile(path, [new TextEncoder().encode(`${lines.join('\n')}\n`)]);
}

function encode({ split, name, label, size, time, checksum }: FileRecord): string {
  return JSON.stringify([split, name, label, size, time, ...(checksum === undefined ? [] : [checksum])]);
}

/**
 * The fingerprint a run started with; undefined for runs of older versions.
 * @param config content of the run's config.json
 * @throws DataError if data.jsonl is damaged
 */
export async function readFingerprint(
  run: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Fingerprint | undefined> {
  const { checksums } = Object(config.data) as { readonly checksums?: Readonly<Record<string, unknown>> };
  const path = join(run, DATA);
  if (checksums === undefined) return undefined;
  const records: Record<SplitName, FileRecord[]> = { train: [], valid: [], test: [] };
  const hasFiles = Object.keys(checksums).length < splitNames.length;
  if (hasFiles && !existsSync(path)) return undefined; // Removed by the user, to resume without a check.
  const text = hasFiles ? new TextDecoder().decode(await readRegularFile(path)) : '';
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const record = decode(line, `${path}: line ${i + 1}`);
    records[record.split].push(record);
  }
  const entryOf = (split: SplitName): SplitFingerprint =>
    isString(checksums[split]) ? checksums[split] : records[split];
  return { train: entryOf('train'), valid: entryOf('valid'), test: entryOf('test') };
}

function decode(line: string, place: string): FileRecord {
  const [name, path, label, size, time, checksum] = parse(line, place);
  const split = splitNames.find((known) => known === name);
  const isSound = split && isListOf([path, label], isString) && isListOf([size, time], isNumber);
  if (!isSound || !(checksum === undefined || isString(checksum))) throw damaged(place, line);
  return {
    name: path as string,
    split,
    label: label as string,
    size: size as number,
    time: time as number,
    ...(checksum !== undefined && { checksum }),
  };
}

function parse(line: string, place: string): readonly unknown[] {
  try {
    const json = JSON.parse(line);
    if (Array.isArray(json)) return json;
  } catch {
    // Reported below.
  }
  throw damaged(place, line);
}

function damaged(place: string, line: string): DataError {
  return new DataError(
    `${place} is damaged: got ${line.slice(0, 80)}, expected [split, file, label, bytes, time]; remove the file to resume ` +
      'without comparing the data.',
  );
}
