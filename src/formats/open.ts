// Opens weight files of every format, told apart by their content, never by their name.
import { DataError } from '../tensor/errors.ts';
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

/** All of a weight file. */
export interface TensorFileContent extends Pick<TensorFile, 'format' | 'metadata'> {
  readonly tensors: Map<string, Tensor>;
}

/**
 * Opens a weight file: safetensors, PyTorch (.pt, .pth, of any version since 0.1.12), Paddle (.pdparams) and other pickles
 * of arrays, NumPy (.npy, .npz), ONNX. Close it when what was wanted has been read. Nothing in a file is ever executed.
 *
 *     const file = await openTensors('resnet18.pth');
 *     const weight = await file.read('conv1.weight');
 *     await file.close();
 *
 * @throws DataError if it cannot be read, is damaged, or is of no format that Fovea reads
 */
export async function openTensors(path: string): Promise<TensorFile> {
  const source = await openSource(path);
  try {
    return await openTensorSource(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The same for a file that is open, or in memory. */
export async function openTensorSource(source: Source): Promise<TensorFile> {
  return tensorFile(source, await readContent(source));
}

/**
 * Reads all tensors of a weight file.
 * @throws DataError as `openTensors`
 */
export async function readTensors(path: string): Promise<TensorFileContent> {
  const file = await openTensors(path);
  try {
    return { format: file.format, metadata: file.metadata, tensors: await readAll(file) };
  } finally {
    await file.close();
  }
}

const HEAD_BYTES = 512;

interface Kind {
  matches(head: Uint8Array): boolean;
  read(source: Source): Promise<Content>;
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
    'the note that Git LFS keeps in place of a file; run git lfs pull',
  ),
  refused(startsWith('<'), 'a page of text, not weights; download the file itself'),
  refused(
    startsWith('ustar', 257),
    'a tar archive, as PyTorch wrote before 0.1.12; load it with PyTorch and save it again',
  ),
  { matches: isOnnx, read: readOnnx },
];

async function readContent(source: Source): Promise<Content> {
  if (source.size === 0) throw new DataError(`${source.name}: is empty; copy or download the file again.`);
  const head = await source.read(0, Math.min(source.size, HEAD_BYTES));
  const kind = kinds.find(({ matches }) => matches(head));
  if (!kind) throw unknownContent(source, head);
  try {
    return await kind.read(source);
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error;
    throw new DataError(`${source.name}: ${error.message}.`, { cause: error });
  }
}

function unknownContent({ name }: Source, head: Uint8Array): DataError {
  const first = [...head.subarray(0, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new DataError(
    `${name}: is no weight file that Fovea reads: it starts with the bytes ${first}; ` +
      'expected safetensors, PyTorch, Paddle, NumPy (.npy, .npz) or ONNX.',
  );
}

async function readZip(source: Source): Promise<Content> {
  const entries = await readArchive(source);
  const folder = torchFolder(entries);
  if (folder !== undefined) return readTorchZip(source, entries, folder);
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
