// Files that start with a pickle: PyTorch's before 1.6, Paddle's .pdparams, and other pickles of NumPy arrays.
import { DataError } from '../base/errors.ts';
import { readPickle, type Unpickled } from './pickle/unpickle.ts';
import { pickledWeights } from './pickle/weights.ts';
import { LEGACY_MAGIC, readTorchLegacy } from './pytorch/legacy.ts';
import type { Source } from './source.ts';
import type { Content } from './tensor-file.ts';
import { weightNames } from './weight-names.ts';

const PROTOCOL = 0x80;

export function isPickle(head: Uint8Array): boolean {
  return head[0] === PROTOCOL && head[1] >= 2 && head[1] <= 5;
}

/**
 * The content of a file that starts with a pickle.
 * @throws PickleFault or DataError if it is damaged, or asks for more than data
 */
export async function readPickled(source: Source, part?: string): Promise<Content> {
  const first = await readPickle(source, { names: weightNames });
  return first.value === LEGACY_MAGIC
    ? readTorchLegacy(source, first.end, part)
    : contentOf(first, source, part);
}

function contentOf({ value, end }: Unpickled, { name, size }: Source, part?: string): Content {
  if (end !== size) throw new DataError(`${name}: has ${size - end} bytes after its pickle; copy it again.`);
  const { isPaddle, ...weights } = pickledWeights(value, part);
  return { format: isPaddle ? 'paddle' : 'pickle', ...weights };
}
