// Weight files that are read and written whole.
import { replaceFile } from '../system/files.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { npzParts } from './numpy/npz.ts';
import { PADDLE_NAMES } from './pickle/weights.ts';
import { pickledArrays } from './pickle/write.ts';
import { readSafetensorsContent, safetensorsParts } from './safetensors.ts';
import { openSource } from './source.ts';
import { readAll, tensorFile } from './tensor-file.ts';

/** The content of a safetensors file. */
export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file.
 * @param onTensor called with each tensor, while the next one is read
 * @throws DataError if it cannot be read, is damaged, or is not a safetensors file
 */
export async function readSafetensors(
  path: string,
  onTensor?: (name: string, tensor: Tensor) => void,
): Promise<Safetensors> {
  const source = await openSource(path);
  try {
    const content = await readSafetensorsContent(source);
    return { tensors: await readAll(tensorFile(source, content), onTensor), metadata: content.metadata };
  } finally {
    await source.close();
  }
}

/**
 * Writes a safetensors file atomically: at any time, `path` holds the old content or the new.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await replaceFile(path, safetensorsParts(tensors, metadata));
}

/**
 * Writes an .npz file, which NumPy reads, atomically: at any time, `path` holds the old content or the new.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function writeNpz(path: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  await replaceFile(path, npzParts(tensors));
}

/**
 * Writes a .pdparams file, which Paddle reads (a pickle of NumPy arrays), atomically: at any time, `path` holds the old
 * content or the new.
 * @param tensors under Paddle's names, with matrices as `[inputs, outputs]`
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function writePaddle(path: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  const names = new Map([...tensors.keys()].map((name) => [name, name]));
  await replaceFile(path, pickledArrays(tensors, { [PADDLE_NAMES]: names }));
}
