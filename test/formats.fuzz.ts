// Damaged weight files: small valid ones, changed at random. File `i` is a function of `i`, so a failure can be repeated.
import { readFileSync } from 'node:fs';
import { encodeSafetensors } from '../src/formats/safetensors.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { floatTensor, intTensor, type Tensor } from '../src/tensor/tensor.ts';
import { archive, call, dict, int, named, numpyArray, pickle, text, torchTensor, tuple } from './pickles.ts';

/** A file to be read, and what it was made of. */
export interface FuzzedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MAX_CHANGES = 3;
const MAX_INSTRUCTIONS = 40;

const witness: Readonly<Record<string, { readonly base64: string }>> = JSON.parse(
  readFileSync(new URL('witness/formats.json', import.meta.url), 'utf8'),
);

const tensors = new Map<string, Tensor>([
  ['conv.weight', floatTensor([2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])],
  ['count', intTensor([], [3])],
  ['empty', floatTensor([0], [])],
]);

const seeds: readonly FuzzedFile[] = [
  { name: 'plain.safetensors', bytes: encodeSafetensors(tensors, { note: '"a": {}' }) },
  ...Object.entries(witness).map(([name, { base64 }]) => ({ name, bytes: Buffer.from(base64, 'base64') })),
];

/** Numbers that lengths, counts and offsets break at. */
const edges = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
].concat([2n ** 40n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]);

/** Parts of pickles that fit together now and then. */
const instructions = [
  ...[
    'N',
    '\x88',
    '\x89',
    'K\x00',
    'M\xff\xff',
    int(-1),
    int(2 ** 31 - 1),
    '\x8a\x01\xff',
    `\x8a\xff${'\x7f'.repeat(255)}`,
  ],
  ...[
    'G\x7f\xf8\0\0\0\0\0\0',
    text(''),
    text('state_dict'),
    text('a'),
    text('0'),
    text('storage'),
    'C\x04abcd',
    'B\xff\xff\xff\xff',
  ],
  ...[
    ']',
    ')',
    '}',
    '\x8f',
    '(',
    '(',
    't',
    '\x85',
    '\x86',
    '\x87',
    'a',
    'e',
    's',
    'u',
    '\x90',
    '\x91',
    '0',
    '1',
    '2',
  ],
  ...['q\x00', 'q\x01', 'h\x00', 'h\x01', '\x94', 'R', '\x81', 'b', 'Q', '\x93', '.', '\x95\0\0\0\0\0\0\0\0'],
  ...['OrderedDict', 'Counter', 'defaultdict'].map((name) => named('collections', name)),
  ...['dict', 'list', 'tuple', 'bytes', 'set', 'eval'].map((name) => named('builtins', name)),
  ...['dtype', 'ndarray'].map((name) => named('numpy', name)),
  ...['Size', 'device', 'FloatStorage', 'Tensor', 'float32'].map((name) => named('torch', name)),
  ...['_rebuild_tensor', '_rebuild_tensor_v2', '_rebuild_parameter'].map((name) =>
    named('torch._utils', name),
  ),
  ...[
    named('torch._tensor', '_rebuild_from_type_v2'),
    named('numpy.core.multiarray', 'scalar'),
    named('argparse', 'Namespace'),
  ],
  ...[
    numpyArray([1], 'abcd'),
    torchTensor({ shape: [1], strides: [1] }),
    dict({ a: int(1) }),
    tuple(int(1), int(2)),
  ],
  ...[
    call('numpy', 'dtype', text('f4')),
    call('_codecs', 'encode', text('ab')),
    call('numpy.core.numeric', '_frombuffer'),
  ],
];

/** Draws of one file. */
class Dice {
  private readonly stream: RandomStream;
  private index = 0;

  constructor(file: number) {
    this.stream = new RandomStream(0, 'fuzz', file);
  }

  below(bound: number): number {
    return this.stream.integer(this.index++, bound);
  }

  from<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

/** File `index`: every fourth is a pickle of random instructions, half of them in PyTorch's archive; others are changed seeds. */
export async function fuzzedFile(index: number): Promise<FuzzedFile> {
  const dice = new Dice(index);
  if (index % 4 === 0) {
    const bytes = randomPickle(dice);
    const entries = [['x/data.pkl', bytes] as const, ['x/data/0', Buffer.from('abcd')] as const];
    return { name: `instructions ${index}`, bytes: index % 8 === 0 ? bytes : await archive(entries) };
  }
  const { name, bytes } = dice.from(seeds);
  let changed: Uint8Array = new Uint8Array(bytes);
  for (let left = 1 + dice.below(MAX_CHANGES); left > 0; left--) changed = dice.from(changes)(changed, dice);
  return { name: `${name} ${index}`, bytes: changed };
}

/** Mostly with a dict that holds an array below, so that what is left on top of it is looked at, too. */
function randomPickle(dice: Dice): Uint8Array {
  const array = `q\x00}(${text('a')}h\x00${text('b')}`;
  const chosen = Array.from({ length: dice.below(MAX_INSTRUCTIONS) }, () => dice.from(instructions));
  return dice.below(2) === 0 ? pickle(numpyArray([1], 'abcd'), array, ...chosen, 'u') : pickle(...chosen);
}

type Change = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const changes: readonly Change[] = [
  function flipBit(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] ^= 1 << dice.below(8);
    return bytes;
  },
  function setByte(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] = dice.below(256);
    return bytes;
  },
  function truncate(bytes, dice) {
    return bytes.subarray(0, dice.below(bytes.length + 1));
  },
  function remove(bytes, dice) {
    const start = dice.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + dice.below(16))]);
  },
  function repeat(bytes, dice) {
    const start = dice.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start + dice.below(64)), bytes.subarray(start)]);
  },
  function splice(bytes, dice) {
    const other = dice.from(seeds).bytes;
    const from = dice.below(other.length);
    const at = dice.below(bytes.length + 1);
    const part = other.subarray(from, from + dice.below(128));
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + dice.below(2) * part.length)]);
  },
  function editNumber(bytes, dice) {
    const width = dice.from([2, 4, 8]);
    if (bytes.length < width) return bytes;
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(dice.from(edges));
    const written = number.subarray(0, width);
    bytes.set(dice.below(4) === 0 ? written.reverse() : written, dice.below(bytes.length - width + 1));
    return bytes;
  },
  function editText(bytes, dice) {
    // A digit of a header in text becomes another sign.
    const digits = [...bytes.keys()].filter((at) => bytes[at] >= 0x30 && bytes[at] <= 0x39);
    if (digits.length > 0) bytes[dice.from(digits)] = dice.from([...Buffer.from('0123456789-.,eE"[]{}: ')]);
    return bytes;
  },
];
