// Files that start with a pickle: PyTorch's before 1.6, Paddle's .pdparams, and other pickles of NumPy arrays.
import { DataError } from '../tensor/errors.ts';
import { readPickle, type Unpickled } from './pickle/unpickle.ts';
import { pickledWeights } from './pickle/weights.ts';
import { LEGACY_MAGIC, readTorchLegacy } from './pytorch/legacy.ts';
import type { Source } from './source.ts';
import type { Content } from './tensor-file.ts';
import { weightNames } from './weight-names.ts';

const PROTOCOL = 0x80;
/** Paddle's entry that gives the name of each parameter in its program. */
const PADDLE_NAMES = 'StructuredToParameterName@@';
/** Paddle's entry for arrays that were too large for protocols 2 and 3. */
const PADDLE_SLICES = 'UnpackBigParamInfor@@';

export function isPickle(head: Uint8Array): boolean {
  return head[0] === PROTOCOL && head[1]! >= 2 && head[1]! <= 5;
}

/**
 * What a file that starts with a pickle holds.
 * @throws PickleFault or DataError if it is damaged, or asks for more than data
 */
export async function readPickled(source: Source): Promise<Content> {
  const first = await readPickle(source, { names: weightNames });
  return first.value === LEGACY_MAGIC ? readTorchLegacy(source, first.end) : contentOf(first, source);
}

function contentOf({ value, end }: Unpickled, { name, size }: Source): Content {
  if (end !== size) throw new DataError(`${name}: has ${size - end} bytes after its pickle; copy it again.`);
  if (value instanceof Map && value.has(PADDLE_SLICES)) {
    throw new DataError(
      `${name}: has arrays in slices; in Python, save it again: paddle.save(..., protocol=4).`,
    );
  }
  const isPaddle = value instanceof Map && value.has(PADDLE_NAMES);
  return { format: isPaddle ? 'paddle' : 'pickle', ...pickledWeights(value) };
}
