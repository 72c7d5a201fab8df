// The interface to weight files of every format: named tensors, read on demand.
import { DataError, didYouMean, internal, UsageError } from '../base/errors.ts';
import { visible } from '../base/text.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { MAX_NAME, memoryLimit } from './limits.ts';
import type { Source } from './source.ts';
import { findFault, readStored, repeatsElements, type StoredTensor, spanBytes } from './stored-tensor.ts';
import type { StoredType } from './stored-types.ts';

/** JSON-like data of a file. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A part of a file that is not read, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** An open weight file. Only its list of tensors was read, and checked against the size of the file. */
export interface TensorFile {
  readonly path: string;
  readonly format: FileFormat;
  /** Types and shapes by name, with the names and in the order of the file. */
  readonly tensors: ReadonlyMap<string, { readonly type: StoredType; readonly shape: Shape }>;
  /** Parts of the file that cannot be read, such as tensors of unsupported types. */
  readonly skipped: readonly Skipped[];
  /** Key of the part of a checkpoint with the tensors, such as `state_dict`; empty for the whole file. */
  readonly part: string;
  /** Keys of other parts that hold tensors, such as `state_dict_ema`. */
  readonly otherParts: readonly string[];
  /**
   * ONNX: names of tensors by their role, such as `layer1.0.conv1.weight`; the names themselves (`onnx::Conv_193`) may not
   * show it.
   */
  readonly roles: ReadonlyMap<string, string>;
  /** Data beside the weights: strings in safetensors and ONNX, the rest of a checkpoint in pickles. */
  readonly metadata: Readonly<Record<string, Plain>>;
  /**
   * Reads one tensor. Floating-point types become float32, integers and booleans int32. Its elements may be shared with
   * other tensors of the file.
   * @throws UsageError if there is no such tensor
   * @throws DataError if the file cannot be read, or the tensor holds integers that int32 cannot
   */
  read(name: string): Promise<Tensor>;
  /** Closes the file; tensors that were read stay valid. */
  close(): Promise<void>;
}

/** `paddle`: a pickle by Paddle, with matrices as `[inputs, outputs]`; `pickle`: any other pickle of NumPy arrays. */
export type FileFormat = 'safetensors' | 'pytorch' | 'paddle' | 'pickle' | 'npy' | 'npz' | 'onnx';

/** What the reader of a format found in a file. */
export interface Content<M extends Readonly<Record<string, Plain>> = Readonly<Record<string, Plain>>> {
  readonly format: FileFormat;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: M;
  readonly skipped?: readonly Skipped[];
  readonly part?: string;
  readonly otherParts?: readonly string[];
  readonly roles?: ReadonlyMap<string, string>;
}

/** Bytes of an element in memory, float32 or int32. */
const HOST_BYTES = 4;
/** The name of a tensor that is the whole file. */
export const ONLY_TENSOR = 'tensor';

/**
 * The interface to the content of a file.
 * @throws DataError if a tensor does not lie within the file, all tensors together are much larger than the file, or none can
 *   be read
 */
export function tensorFile(source: Source, content: Content): TensorFile {
  const { format, metadata, part = '', otherParts = [], roles = new Map() } = content;
  checkTensors(source, content.tensors);
  const { tensors, skipped } = withoutRepeats(content);
  const [first] = skipped;
  if (tensors.size === 0 && first) {
    throw new DataError(`${source.name}: tensor "${first.name}" ${first.reason}.`);
  }
  const read = async (name: string) => {
    const stored = tensors.get(name);
    if (!stored) throw noTensor(source.name, name, [...tensors.keys()]);
    return readStored(stored, `${source.name}: tensor "${visible(name)}"`);
  };
  const close = () => source.close();
  return { path: source.name, format, tensors, skipped, part, otherParts, roles, metadata, read, close };
}

/** Separates expanded tensors, which can have any size in a small file. */
function withoutRepeats({
  tensors,
  skipped = [],
}: Content): Pick<Content, 'tensors'> & { skipped: Skipped[] } {
  const repeated = [...tensors].flatMap(([name, stored]) => {
    const reason = repeatsElements(stored);
    return reason === undefined ? [] : [{ name, reason }];
  });
  if (repeated.length === 0) return { tensors, skipped: [...skipped] };
  const left = new Map(tensors);
  for (const { name } of repeated) left.delete(name);
  return { tensors: left, skipped: [...skipped, ...repeated] };
}

/**
 * All tensors of a file.
 * @param onTensor called with each tensor, while the next one is read
 */
export async function readAll(
  file: TensorFile,
  onTensor: (name: string, tensor: Tensor) => void = () => {},
): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const names = [...file.tensors.keys()];
  const start = (name: string | undefined) => {
    const reading = name === undefined ? undefined : file.read(name);
    reading?.catch(() => {}); // The error is thrown where it is awaited; until then it must not be an unhandled rejection.
    return reading;
  };
  let reading = start(names[0]);
  for (const [i, name] of names.entries()) {
    const tensor = await reading;
    if (!tensor) throw internal(`${name} is not being read`);
    reading = start(names[i + 1]);
    onTensor(name, tensor);
    tensors.set(name, tensor);
  }
  return tensors;
}

function checkTensors({ name: path, size }: Source, tensors: ReadonlyMap<string, StoredTensor>): void {
  let bytes = 0;
  for (const [name, stored] of tensors) {
    const fault = name.length > MAX_NAME ? `has a name of ${name.length} characters` : findFault(stored);
    if (fault) throw new DataError(`${path}: tensor "${visible(name.slice(0, MAX_NAME))}" ${fault}.`);
    if (repeatsElements(stored) === undefined)
      bytes += Math.max(sizeOf(stored.shape) * HOST_BYTES, spanBytes(stored));
  }
  const limit = memoryLimit(size);
  if (bytes <= limit) return;
  throw new DataError(
    `${path}: its tensors take ${bytes} bytes of memory, but the file has only ${size}; expected at most ${limit}.`,
  );
}

function noTensor(path: string, name: string, names: readonly string[]): UsageError {
  return new UsageError(
    `${path}: has no tensor "${visible(name)}" among its ${names.length}.${didYouMean(name, names)}`,
  );
}
