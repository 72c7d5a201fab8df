// Writes pickles of NumPy arrays by name, as Paddle's and Python's loaders read them (protocol 4).
import type { Tensor } from '../../tensor/tensor.ts';
import { bytesOf } from '../stored-types.ts';

/** Maximum number of bytes whose length fits into 4 bytes. */
const MAX_SHORT = 2 ** 32 - 1;
const NUMPY_TYPES = { float32: 'f4', int32: 'i4' } as const;

const PROTO_4 = '\x80\x04';
const EMPTY_DICT = '}';
const MARK = '(';
const TUPLE = 't';
const SETITEMS = 'u';
const REDUCE = 'R';
const BUILD = 'b';
const NONE = 'N';
const TRUE = '\x88';
const FALSE = '\x89';
const STOP = '.';

/**
 * A pickled dict in chunks, to be written one after another: an array for each tensor, then dicts of strings.
 * @param texts the dicts of strings by their keys in the dict
 */
export function* pickledArrays(
  tensors: ReadonlyMap<string, Tensor>,
  texts: Readonly<Record<string, ReadonlyMap<string, string>>> = {},
): Iterable<Uint8Array> {
  yield latin1(PROTO_4 + EMPTY_DICT + MARK);
  for (const [name, tensor] of tensors) {
    yield latin1(text(name) + arrayHead(tensor));
    yield bytesOf(tensor.data);
    yield latin1(TUPLE + BUILD);
  }
  for (const [key, entries] of Object.entries(texts)) {
    const pairs = [...entries].map(([name, value]) => text(name) + text(value)).join('');
    yield latin1(text(key) + EMPTY_DICT + MARK + pairs + SETITEMS);
  }
  yield latin1(SETITEMS + STOP);
}

/** An array up to its bytes: creates an empty one, then sets its state (version, shape, type, column-major, bytes). */
function arrayHead({ shape, dtype, data }: Tensor): string {
  const made = call(
    'numpy.core.multiarray',
    '_reconstruct',
    name('numpy', 'ndarray'),
    tuple(int(0)),
    bytesHead(1),
    'b',
  );
  const type = call('numpy', 'dtype', text(NUMPY_TYPES[dtype]), FALSE, TRUE);
  // Version, byte order, then what only records have.
  const typeState = tuple(int(3), text('<'), NONE, NONE, NONE, int(-1), int(-1), int(0));
  return `${made}${MARK}${int(1)}${tuple(...shape.map(int))}${type}${typeState}${BUILD}${FALSE}${bytesHead(data.byteLength)}`;
}

function call(module: string, callable: string, ...args: readonly string[]): string {
  return name(module, callable) + tuple(...args) + REDUCE;
}

function name(module: string, attribute: string): string {
  return `c${module}\n${attribute}\n`;
}

function tuple(...elements: readonly string[]): string {
  return MARK + elements.join('') + TUPLE;
}

function text(value: string): string {
  const bytes = Buffer.from(value);
  return `X${littleEndian(bytes.length, 4)}${bytes.toString('latin1')}`;
}

/** An integer of 32 bits. */
function int(value: number): string {
  return `J${littleEndian(value, 4)}`;
}

/** Header of bytes: an instruction and their number. */
function bytesHead(length: number): string {
  return length > MAX_SHORT ? `\x8e${littleEndian(length, 8)}` : `B${littleEndian(length, 4)}`;
}

function littleEndian(value: number, width: 4 | 8): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes.toString('latin1', 0, width);
}

/** Instructions, one byte per character. */
function latin1(instructions: string): Uint8Array {
  return Buffer.from(instructions, 'latin1');
}
