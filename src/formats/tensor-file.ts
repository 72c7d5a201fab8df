// The one interface to weight files of every format: named tensors, read when they are asked for.
import { DataError, didYouMean, UsageError } from '../tensor/errors.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { visible } from '../tensor/visible.ts';
import { MAX_NAME, memoryLimit } from './limits.ts';
import type { Source } from './source.ts';
import { faultOf, readStored, type StoredTensor } from './stored-tensor.ts';
import type { StoredType } from './stored-types.ts';

/** What else a file says, as plain data. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A weight file that is open. Only its list of tensors has been read, and checked against the size of the file. */
export interface TensorFile {
  readonly path: string;
  readonly format: FileFormat;
  /** In the file's order, under the file's names: `module.conv1.weight` stays so. */
  readonly tensors: ReadonlyMap<string, { readonly type: StoredType; readonly shape: Shape }>;
  /** What stands beside the weights: strings in safetensors and ONNX, the rest of a checkpoint in pickles. */
  readonly metadata: Readonly<Record<string, Plain>>;
  /**
   * Reads one tensor. Floating-point types become float32, integers and booleans int32. Its elements may be shared with
   * what else was read from the file.
   * @throws UsageError if there is no such tensor
   * @throws DataError if the file cannot be read, or the tensor holds integers that int32 cannot
   */
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/** `paddle`: a pickle as Paddle writes it, whose matrices are `[inputs, outputs]`; `pickle`: others with arrays of NumPy. */
export type FileFormat = 'safetensors' | 'pytorch' | 'paddle' | 'pickle' | 'npy' | 'npz' | 'onnx';

/** What the reader of a format has found in a file. */
export interface Content<M extends Readonly<Record<string, Plain>> = Readonly<Record<string, Plain>>> {
  readonly format: FileFormat;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: M;
}

/** Bytes of an element in memory, float32 or int32. */
const HOST_BYTES = 4;
/** The name of a tensor that is the whole file. */
export const ONLY_TENSOR = 'tensor';

/**
 * The file of what was found in it.
 * @throws DataError if a tensor does not lie within the file, or all of them take far more memory than the file does
 */
export function tensorFile(source: Source, { format, tensors, metadata }: Content): TensorFile {
  checkTensors(source, tensors);
  const read = async (name: string) => {
    const stored = tensors.get(name);
    if (!stored) throw noTensor(source.name, name, [...tensors.keys()]);
    return readStored(stored, `${source.name}: tensor "${visible(name)}"`);
  };
  return { path: source.name, format, tensors, metadata, read, close: () => source.close() };
}

/** All tensors of a file. */
export async function readAll(file: TensorFile): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  return tensors;
}

function checkTensors({ name: path, size }: Source, tensors: ReadonlyMap<string, StoredTensor>): void {
  let bytes = 0;
  for (const [name, stored] of tensors) {
    const fault = name.length > MAX_NAME ? `has a name of ${name.length} characters` : faultOf(stored);
    if (fault) throw new DataError(`${path}: tensor "${visible(name.slice(0, MAX_NAME))}" ${fault}.`);
    bytes += sizeOf(stored.shape) * HOST_BYTES;
  }
  const limit = memoryLimit(size);
  if (bytes <= limit) return;
  throw new DataError(
    `${path}: its tensors take ${bytes} bytes of memory, but the file has ${size}; expected at most ${limit}.`,
  );
}

function noTensor(path: string, name: string, names: readonly string[]): UsageError {
  return new UsageError(
    `${path}: has no tensor "${visible(name)}" among its ${names.length}.${didYouMean(name, names)}`,
  );
}
