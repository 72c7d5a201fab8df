// Checksums in the metadata of a checkpoint, which reveal a damaged file when it is read.
import { crc32 } from 'node:zlib';
import { DataError } from '../base/errors.ts';
import { formatList } from '../base/text.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { nonFiniteNames } from './finite.ts';

/** Key of the checksums in the metadata. */
const KEY = 'checksums';

/** CRC-32 of each tensor's bytes, and of the other metadata. */
interface Checksums {
  readonly metadata: string;
  readonly tensors: Readonly<Record<string, string>>;
  /** Whether all values were finite when written; if the checksums match, they need not be checked again. */
  readonly finite: boolean;
}

/** `metadata` with checksums of itself and of the tensors. */
export function withChecksums(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, FloatTensor>,
): Record<string, string> {
  const sums: Checksums = {
    metadata: metadataSum(metadata),
    tensors: Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensorSum(tensor)])),
    finite: nonFiniteNames(tensors).length === 0,
  };
  return { ...metadata, [KEY]: JSON.stringify(sums) };
}

/** Computes checksums while the tensors of a file are read. */
export class ChecksumReader {
  private readonly sums = new Map<string, string>();

  readonly add = (name: string, tensor: Tensor): void => {
    this.sums.set(name, tensorSum(tensor));
  };

  /**
   * Compares with the checksums in a file's metadata. Files without checksums, of older versions or other programs, pass.
   * @returns whether all values are known to be finite
   * @throws DataError that names what is damaged
   */
  verify({ [KEY]: text, ...metadata }: Readonly<Record<string, string>>, path: string): boolean {
    if (text === undefined) return false;
    const expected = parse(text);
    const damaged = expected ? this.damagedParts(expected, metadata) : ['its list of checksums'];
    if (expected && damaged.length === 0) return expected.finite;
    throw new DataError(
      `${path}: is damaged: the checksum of ${formatList(damaged)} does not match. Use a copy of the file, or another checkpoint of the run ` +
        `(best.safetensors, last.safetensors, step-...). If another program changed it intentionally, remove "${KEY}" from ` +
        'its metadata.',
    );
  }

  private damagedParts(expected: Checksums, metadata: Readonly<Record<string, string>>): string[] {
    const names = new Set([...Object.keys(expected.tensors), ...this.sums.keys()]);
    const damaged = [...names].filter((name) => expected.tensors[name] !== this.sums.get(name));
    const parts = damaged.map((name) => `tensor "${name}"`);
    return metadataSum(metadata) === expected.metadata ? parts : ['the metadata', ...parts];
  }
}

function parse(text: string): Checksums | undefined {
  try {
    const json = JSON.parse(text);
    const isSound = typeof json?.metadata === 'string' && typeof json.tensors === 'object' && json.tensors;
    return isSound ? { ...json, finite: json.finite === true } : undefined;
  } catch {
    return undefined;
  }
}

function tensorSum({ data }: Tensor): string {
  return hexOf(crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/** CRC-32 of the metadata sorted by key: other programs may reorder them. */
function metadataSum(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return hexOf(crc32(JSON.stringify(entries)));
}

/** A CRC-32 as eight hexadecimal digits. */
export function hexOf(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
