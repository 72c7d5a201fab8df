// Checksums in the metadata of a checkpoint: a damaged file is noticed when it is read, not when training goes wrong.
import { crc32 } from 'node:zlib';
import { DataError } from '../tensor/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Key of the checksums among the other texts. */
const KEY = 'checksums';

/** CRC-32 of each tensor's bytes, and of the other metadata. */
interface Checksums {
  readonly metadata: string;
  readonly tensors: Readonly<Record<string, string>>;
}

/** `metadata` with the checksums of it and of the tensors. */
export function withChecksums(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
): Record<string, string> {
  const sums: Checksums = {
    metadata: metadataSum(metadata),
    tensors: Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensorSum(tensor)])),
  };
  return { ...metadata, [KEY]: JSON.stringify(sums) };
}

/**
 * Checks what was read from a file; a file without checksums, of an older version or another program, passes.
 * @throws DataError that names what is damaged
 */
export function verifyChecksums(
  { [KEY]: text, ...metadata }: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
  path: string,
): void {
  if (text === undefined) return;
  const sums = parse(text);
  const damaged = sums ? damagedParts(sums, metadata, tensors) : ['its checksums'];
  if (damaged.length === 0) return;
  const shown = `${damaged.slice(0, 3).join(', ')}${damaged.length > 3 ? ', ...' : ''}`;
  throw new DataError(
    `${path}: is damaged: ${shown} differ${damaged.length > 1 ? '' : 's'} from the checksum in the file. Use a copy of it, or ` +
      'another checkpoint of the run (best.safetensors, last.safetensors, step-...). If another program changed it on ' +
      `purpose, remove "${KEY}" from its metadata.`,
  );
}

function damagedParts(
  sums: Checksums,
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
): string[] {
  const names = new Set([...Object.keys(sums.tensors), ...tensors.keys()]);
  const isDamaged = (name: string) => {
    const tensor = tensors.get(name);
    return !tensor || sums.tensors[name] !== tensorSum(tensor);
  };
  const damaged = [...names].filter(isDamaged).map((name) => `tensor "${name}"`);
  return metadataSum(metadata) === sums.metadata ? damaged : ['the metadata', ...damaged];
}

function parse(text: string): Checksums | undefined {
  try {
    const json = JSON.parse(text);
    const isSound = typeof json?.metadata === 'string' && typeof json.tensors === 'object' && json.tensors;
    return isSound ? json : undefined;
  } catch {
    return undefined;
  }
}

function tensorSum({ data }: Tensor): string {
  return hex(crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/** Of the texts in the order of their names, which other programs may change. */
function metadataSum(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return hex(crc32(JSON.stringify(entries)));
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
