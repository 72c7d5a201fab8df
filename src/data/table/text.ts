// Text files of users, such as tables and lists of class names, in a known encoding.

import { DataError, UsageError } from '../../base/errors.ts';
import { readRegularFile } from '../../system/files.ts';

const MAX_BYTES = 2 ** 28;
/** Bytes to check for NUL, which text does not contain, but UTF-16 without a mark and binary files do. */
const PROBED = 4096;

const BYTE_ORDER_MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

// Bytes 0x80 to 0x9f. Some versions of Node decode windows-1252, which "latin1" is another name for, as control characters.
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * The text of a file. A byte order mark determines UTF-8 or UTF-16 and is removed; otherwise the text is in `encoding`, a label
 * of the Encoding Standard such as latin1, windows-1251, shift_jis or utf-16le (default: UTF-8).
 * @throws DataError if the file cannot be read, is not text, or is in another encoding
 * @throws UsageError for an unknown encoding
 */
export async function readText(path: string, encoding?: string): Promise<string> {
  if (encoding !== undefined) checkEncoding(encoding);
  return decodeText(await readRegularFile(path, { maxBytes: MAX_BYTES }), path, encoding);
}

/** @throws UsageError unless it is a label of the Encoding Standard */
function checkEncoding(encoding: string): void {
  try {
    new TextDecoder(encoding);
  } catch {
    throw new UsageError(
      `unknown encoding "${encoding}"; expected a name such as utf-8, latin1, windows-1251, shift_jis, gb18030 or utf-16le.`,
    );
  }
}

/** @param name of the file, in messages */
export function decodeText(bytes: Uint8Array, name: string, encoding?: string): string {
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte))?.[0];
  const used = marked ?? encoding ?? 'utf-8';
  if (!used.toLowerCase().startsWith('utf-16')) checkText(bytes, name);
  try {
    return decode(bytes, used);
  } catch {
    throw otherEncoding(bytes, name, used);
  }
}

function checkText(bytes: Uint8Array, name: string): void {
  if (!bytes.subarray(0, PROBED).includes(0)) return;
  throw new DataError(
    `${name}: is not a text file; save it as text, a spreadsheet as comma-separated values (CSV, UTF-8). ` +
      'For UTF-16 without a byte order mark, use --encoding utf-16le or utf-16be.',
  );
}

/** @throws TypeError if the bytes are not in this encoding */
function decode(bytes: Uint8Array, encoding: string): string {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const text = decoder.decode(bytes);
  if (decoder.encoding !== 'windows-1252') return text;
  return text.replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]);
}

/** The error with the first invalid line, decoded in the most common one-byte encoding. */
function otherEncoding(bytes: Uint8Array, name: string, used: string): DataError {
  const lines = linesOf(bytes);
  const line = lines.findIndex((content) => !isIn(content, used));
  const where = line === -1 ? '' : ` (line ${line + 1})`;
  const western = line === -1 ? '' : decode(lines[line], 'windows-1252').trim().slice(0, 80);
  const shown = western === '' ? '' : `, which reads that line as "${western}"`;
  return new DataError(
    `${name}: is not valid ${used.toUpperCase()}${where}; save it as UTF-8, or set its encoding: --encoding latin1${shown}, ` +
      'or windows-1251, shift_jis, gb18030 and so on.',
  );
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return lines;
}

function isIn(bytes: Uint8Array, encoding: string): boolean {
  try {
    decode(bytes, encoding);
    return true;
  } catch {
    return false;
  }
}
