// Opens weight files of every format, recognized by their content, not by their name.

import { DataError, UsageError } from '../base/errors.ts';
import { formatHex } from '../base/text.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isNpy, readNpy } from './numpy/npy.ts';
import { isNpz, readNpz } from './numpy/npz.ts';
import { isOnnx, readOnnx } from './onnx.ts';
import { PickleFault } from './pickle/fault.ts';
import { isPickle, readPickled } from './pickled.ts';
import { readTorchZip, torchFolder } from './pytorch/zip.ts';
import { isSafetensors, readSafetensorsContent } from './safetensors.ts';
import { openSource, type Source } from './source.ts';
import { type Content, readAll, type TensorFile, tensorFile } from './tensor-file.ts';
import { readArchive } from './zip.ts';

/** The whole content of a weight file. */
export interface TensorFileContent extends Pick<TensorFile, 'format' | 'metadata' | 'skipped'> {
  readonly tensors: Map<string, Tensor>;
}

export interface OpenOptions {
  /**
   * The part of a checkpoint to read: a key, such as `state_dict_ema`, or a prefix of names (default: where training scripts
   * usually put the weights).
   */
  readonly part?: string;
}

/**
 * Opens a weight file: safetensors, PyTorch (.pt, .pth, of any version since 0.1.12), Paddle (.pdparams) and other pickles
 * of arrays, NumPy (.npy, .npz), ONNX. Tensors are read on demand; close the file afterwards. Nothing in a file is ever
 * executed.
 *
 *     const file = await openTensors('resnet18.pth');
 *     const weight = await file.read('conv1.weight');
 *     await file.close();
 *
 * @throws DataError if it cannot be read, is damaged, or has an unsupported format
 * @throws UsageError if it does not have the requested part
 */
export async function openTensors(path: string, options: OpenOptions = {}): Promise<TensorFile> {
  const source = await openSource(path);
  try {
    return await openTensorSource(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The same for a file that is open, or in memory. */
export async function openTensorSource(source: Source, { part }: OpenOptions = {}): Promise<TensorFile> {
  const content = await readContent(source, part);
  const isFound = part === undefined || `${content.part}.`.startsWith(`${part}.`);
  return tensorFile(source, isFound ? content : partByPrefix(content, part, source.name));
}

/** The tensors whose names begin with a part's, under the rest of their names. */
function partByPrefix(content: Content, part: string, path: string): Content {
  const prefix = `${part}.`;
  const chosen = [...content.tensors].filter(([name]) => name.startsWith(prefix));
  if (chosen.length === 0) {
    const parts = [content.part ?? '', ...(content.otherParts ?? [])].filter((key) => key !== '');
    const known = parts.length > 0 ? `; it has ${parts.join(', ')}` : '';
    throw new UsageError(`${path}: has no tensors under "${part}"${known}.`);
  }
  const tensors = new Map(chosen.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  return { ...content, tensors, part, otherParts: [] };
}

/**
 * Reads all tensors of a weight file into memory: float32, and int32 for integers and booleans.
 *
 *     const { tensors } = await readTensors('resnet18.safetensors');
 *     tensors.get('conv1.weight'); // { dtype: 'float32', shape: [64, 3, 7, 7], data: ... }
 *
 * @throws DataError as `openTensors`
 */
export async function readTensors(path: string): Promise<TensorFileContent> {
  const file = await openTensors(path);
  try {
    const { format, metadata, skipped } = file;
    return { format, metadata, skipped, tensors: await readAll(file) };
  } finally {
    await file.close();
  }
}

const HEAD_BYTES = 512;

interface Kind {
  matches(head: Uint8Array): boolean;
  read(source: Source, part?: string): Promise<Content>;
}

const kinds: readonly Kind[] = [
  { matches: startsWith('PK'), read: readZip },
  { matches: isNpy, read: readNpy },
  { matches: isPickle, read: readPickled },
  { matches: isSafetensors, read: readSafetensorsContent },
  refused(startsWith('\x89HDF'), 'an HDF5 file, as Keras writes; convert it to safetensors, npz or ONNX'),
  refused(startsWith('\x1f\x8b'), 'compressed by gzip; unpack it first'),
  refused(
    startsWith('version https://git-lfs'),
    'a Git LFS pointer; run git lfs pull to get the file itself',
  ),
  refused(startsWith('<'), 'a web page, not weights; download the file itself'),
  refused(
    startsWith('ustar', 257),
    'a tar archive, as PyTorch wrote before 0.1.12; load it with PyTorch and save it again',
  ),
  { matches: isOnnx, read: readOnnx },
];

async function readContent(source: Source, part?: string): Promise<Content> {
  if (source.size === 0) throw new DataError(`${source.name}: is empty; copy or download the file again.`);
  const head = await source.read(0, Math.min(source.size, HEAD_BYTES));
  const kind = kinds.find(({ matches }) => matches(head));
  if (!kind) throw unknownContent(source, head);
  try {
    return await kind.read(source, part);
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error;
    throw new DataError(`${source.name}: ${error.message}.`, { cause: error });
  }
}

function unknownContent({ name }: Source, head: Uint8Array): DataError {
  const first = formatHex(head.subarray(0, 12));
  return new DataError(
    `${name}: is not a supported weight file: it starts with the bytes ${first}; ` +
      'expected safetensors, PyTorch, Paddle, NumPy (.npy, .npz) or ONNX.',
  );
}

async function readZip(source: Source, part?: string): Promise<Content> {
  const entries = await readArchive(source);
  const folder = torchFolder(entries);
  if (folder !== undefined) return readTorchZip(source, entries, folder, part);
  if (isNpz(entries)) return readNpz(source, entries);
  const names = [...entries.keys()].slice(0, 5).join(', ');
  throw new DataError(
    `${source.name}: is a zip archive without weights (it holds ${names || 'nothing'}); expected data.pkl of ` +
      'PyTorch, or .npy files only.',
  );
}

function refused(matches: Kind['matches'], reason: string): Kind {
  const read = async ({ name }: Source) => {
    throw new DataError(`${name}: is ${reason}.`);
  };
  return { matches, read };
}

function startsWith(text: string, start = 0): Kind['matches'] {
  const bytes = Buffer.from(text, 'latin1');
  return (head) => bytes.every((byte, i) => head[start + i] === byte);
}
