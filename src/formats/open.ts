// Opens weight files of every format, told apart by their content, never by their name.
import { DataError } from '../tensor/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { readSafetensorsContent } from './safetensors.ts';
import { openSource, type Source } from './source.ts';
import { type Content, readAll, type TensorFile, tensorFile } from './tensor-file.ts';

/** All of a weight file. */
export interface TensorFileContent extends Pick<TensorFile, 'format' | 'metadata'> {
  readonly tensors: Map<string, Tensor>;
}

/**
 * Opens a weight file; close it when what was wanted has been read. Nothing in a file is ever executed.
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

async function readContent(source: Source): Promise<Content> {
  if (source.size === 0) throw new DataError(`${source.name}: is empty; copy or download the file again.`);
  return readSafetensorsContent(source);
}
