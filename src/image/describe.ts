// Describes the content of a file that is not a readable image, for error messages.
import { formatHex } from '../base/text.ts';

const SIGNATURES: readonly (readonly [start: string, description: string])[] = [
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a zip archive'],
  ['\x1f\x8b', 'gzip data'],
  ['version https://git-lfs', 'a Git LFS pointer; fetch the file itself with `git lfs pull`'],
  ['<svg', 'an SVG drawing'],
  ['<?xml', 'an XML document'],
  ['<!doctype html', 'a web page'],
  ['<html', 'a web page'],
  ['\x00\x00\x01\x00', 'a Windows icon'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x89HDF', 'an HDF5 file'],
  ['8BPS', 'a Photoshop document'],
  ['\xff\xd8\xff', 'a damaged JPEG'],
  ['\x89PNG', 'a damaged PNG'],
  ['GIF8', 'a damaged GIF'],
  ['BM', 'a BMP'],
];

/** Describes the content of a file in a few words, by its first bytes. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  const text = start.trimStart().toLowerCase();
  const found = SIGNATURES.find(([signature]) => text.startsWith(signature.toLowerCase()));
  if (found !== undefined) return found[1];
  return `${bytes.length} bytes starting with ${formatHex(bytes.subarray(0, 8))}`;
}
