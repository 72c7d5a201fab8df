// Large weight files that repeat one structure a million times over, as no library writes them: 10 to 200 MB that ask for
// much more work or memory than their size. File `i` is a function of `i`, so a failure can be repeated.
import { crc32, deflateRawSync } from 'node:zlib';
import { RandomStream } from '../src/tensor/random.ts';
import type { FuzzedFile } from './formats.fuzz.ts';
import { archive, call, dict, int, named, numpyArray, pickle, text, torchTensor } from './pickles.ts';

const MEBIBYTE = 2 ** 20;
const MIN_BYTES = 10 * MEBIBYTE;
const MAX_BYTES = 200 * MEBIBYTE;
const MAX_CHANGES = 3;

/** An integer in one file, below a bound. */
type Draw = (bound: number) => number;
type Build = (bytes: number, draw: Draw) => Uint8Array | Promise<Uint8Array>;

/** File `index` of the large ones. */
export async function largeFile(index: number): Promise<FuzzedFile> {
  const stream = new RandomStream(0, 'large files', index);
  let drawn = 0;
  const draw: Draw = (bound) => stream.integer(drawn++, bound);
  const [name, build] = builders[index % builders.length];
  // Small sizes more often: a size between the bounds on a logarithmic scale.
  const size = Math.round(MIN_BYTES * (MAX_BYTES / MIN_BYTES) ** (draw(1000) / 1000));
  const bytes = await build(size, draw);
  // Every second file is left as it is built.
  for (let left = draw(2) * (1 + draw(MAX_CHANGES)); left > 0; left--) change(bytes, draw);
  return { name: `${name} ${index}`, bytes };
}

/** Changes a byte, mostly near the beginning or the end, where the structure of files is. */
function change(bytes: Uint8Array, draw: Draw): void {
  const near = Math.min(bytes.length, 4096);
  const at = [draw(near), bytes.length - 1 - draw(near), draw(bytes.length)][draw(3)];
  bytes[at] = draw(256);
}

/** `pattern` over and over between a head and a tail. */
function repeated(
  size: number,
  pattern: Uint8Array | string,
  head: Uint8Array | string = '',
  tail: Uint8Array | string = '',
): Buffer {
  const [start, middle, end] = [head, pattern, tail].map((part) => Buffer.from(part as string, 'latin1')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const count = Math.max(1, Math.floor((size - start.length - end.length) / middle.length));
  const bytes = Buffer.alloc(start.length + count * middle.length + end.length);
  start.copy(bytes);
  bytes.fill(middle, start.length, start.length + count * middle.length);
  end.copy(bytes, start.length + count * middle.length);
  return bytes;
}

// ONNX: fields of protocol buffers.

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

/** Bytes that stand in front of a field's content. */
function fieldHead(number: number, length: number): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(length)]);
}

const VERSION = Buffer.from([0x08, 0x08]);

/** A model whose graph is these fields. */
function onnxModel(graph: Buffer): Buffer {
  return Buffer.concat([VERSION, fieldHead(7, graph.length), graph]);
}

/** A model of one initializer with these fields. */
function onnxTensor(fields: Buffer): Buffer {
  const whole = Buffer.concat([field(8, Buffer.from('a')), Buffer.from([0x10, 0x07]), fields]);
  return onnxModel(Buffer.concat([fieldHead(5, whole.length), whole]));
}

/** Many copies of a field in a graph. */
function onnxFields(size: number, one: Buffer): Buffer {
  return onnxModel(repeated(size, one));
}

const smallInitializer = field(5, Buffer.concat([field(8, Buffer.from('n')), Buffer.from([0x10, 0x01])]));
const smallNode = field(
  1,
  Buffer.concat([
    field(1, Buffer.from('x')),
    field(4, Buffer.from('Conv')),
    field(3, Buffer.from('/a/a.0/Conv')),
  ]),
);

// Pickles.

const MARK = '(';
const array = numpyArray([1], 'abcd');

function pickleOf(size: number, instruction: string, head = '', tail = ''): Buffer {
  return repeated(size, instruction, `\x80\x02}(${text('a')}${array}${text('b')}${head}`, `${tail}u.`);
}

function torchArchive(body: Uint8Array): Promise<Buffer> {
  return archive([
    ['x/data.pkl', body],
    ['x/data/0', Buffer.alloc(64)],
  ]);
}

// Zip archives.

interface Packed {
  readonly name: string;
  readonly content: Uint8Array;
  readonly size: number;
  readonly sum: number;
}

/** An archive in which all entries share the bytes of the first, deflated. */
function sharedArchive(
  names: readonly string[],
  { content, size, sum }: Omit<Packed, 'name'>,
  first: readonly Packed[] = [],
): Buffer {
  const all = [...first, ...names.map((name) => ({ name, content, size, sum }))];
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  const places = new Map<Uint8Array, number>();
  let at = 0;
  for (const { name, content: packed, size: plain, sum: check } of all) {
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(check, 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(plain, 18);
    facts.writeUInt16LE(name.length, 22);
    if (!places.has(packed)) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), packed]);
      places.set(packed, at);
      parts.push(local);
      at += local.length;
    }
    const place = Buffer.alloc(14);
    place.writeUInt32LE(places.get(packed)!, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), facts, place, Buffer.from(name)]));
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Math.min(all.length, 0xffff), 8);
  end.writeUInt16LE(Math.min(all.length, 0xffff), 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

function deflated(content: Uint8Array): Omit<Packed, 'name'> {
  return { content: deflateRawSync(content), size: content.length, sum: crc32(content) };
}

// Safetensors.

function safetensors(header: string, body: number): Buffer {
  const bytes = Buffer.alloc(8 + header.length + body);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8, 'latin1');
  return bytes;
}

function manyTensors(count: number, type: string, bytesEach: number): string {
  const entries = Array.from({ length: count }, (_, i) => {
    const offsets = [i * bytesEach, (i + 1) * bytesEach];
    return `"t${i}":{"dtype":"${type}","shape":[1],"data_offsets":[${offsets}]}`;
  });
  return `{${entries.join()}}`;
}

/** A header and as many bytes of elements. */
function npy(header: string, size: number): Buffer {
  const bytes = Buffer.alloc(12 + header.length + size);
  bytes.write('\x93NUMPY\x02\x00', 'latin1');
  bytes.writeUInt32LE(header.length, 8);
  bytes.write(header, 12, 'latin1');
  return bytes;
}

const builders: readonly (readonly [string, Build])[] = [
  [
    'onnx of many dims, packed',
    (size) => onnxTensor(Buffer.concat([fieldHead(1, size), Buffer.alloc(size, 1)])),
  ],
  ['onnx of many dims', (size) => onnxTensor(repeated(size, '\x08\x01'))],
  [
    'onnx of many int64s, packed',
    (size, draw) =>
      onnxTensor(
        Buffer.concat([Buffer.from([0x08]), varint(size), fieldHead(7, size), Buffer.alloc(size, draw(128))]),
      ),
  ],
  ['onnx of many int64s', (size) => onnxTensor(repeated(size, '\x38\x01'))],
  ['onnx of many pieces of raw data', (size) => onnxTensor(repeated(size, '\x4a\x01\x00'))],
  ['onnx of many unknown fields', (size) => onnxFields(size, Buffer.from([0x78, 0x01]))],
  ['onnx of long numbers', (size) => onnxModel(repeated(size, '\xff'))],
  ['onnx of many initializers', (size) => onnxFields(size, smallInitializer)],
  ['onnx of many nodes', (size) => onnxFields(size, smallNode)],
  [
    'onnx of a node with many inputs',
    (size) =>
      onnxModel(
        ((node) => Buffer.concat([fieldHead(1, node.length), node]))(
          repeated(size, field(1, Buffer.from('x'))),
        ),
      ),
  ],
  [
    'onnx of many metadata',
    (size) =>
      repeated(
        size,
        field(14, Buffer.concat([field(1, Buffer.from('k')), field(2, Buffer.from('v'))])),
        onnxModel(smallInitializer),
      ),
  ],
  ['onnx of a long name', (size) => onnxTensor(field(8, Buffer.alloc(size, 0x61)))],
  [
    'onnx of one large tensor',
    (size) =>
      onnxModel(
        ((tensor) => Buffer.concat([fieldHead(5, tensor.length), tensor]))(
          Buffer.concat([
            field(8, Buffer.from('a')),
            Buffer.from([0x10, 0x0a, 0x08]),
            varint(Math.floor(size / 2)),
            fieldHead(9, 2 * Math.floor(size / 2)),
            Buffer.alloc(2 * Math.floor(size / 2)),
          ]),
        ),
      ),
  ],
  ['pickle of long numbers', (size) => pickleOf(size, `\x8a\xff${'\x7f'.repeat(255)}`, MARK, 't')],
  [
    'pickle of longer numbers',
    (size) => pickleOf(size, `\x8b\x00\x10\x00\x00${'\x7f'.repeat(4096)}`, MARK, 't'),
  ],
  ['pickle of dicts', (size) => pickleOf(size, '}', MARK, 't')],
  ['pickle of nested lists', (size) => pickleOf(size, ']', MARK, 't')],
  ['pickle of nested tuples', (size) => pickleOf(size, '\x85', 'N')],
  ['pickle of marks', (size) => pickleOf(size, '(')],
  ['pickle of remembered values', (size) => pickleOf(size, '\x94', 'N')],
  ['pickle of texts', (size) => pickleOf(size, text('x'.repeat(1000)), MARK, 't')],
  ['pickle of one text', (size) => pickleOf(1, text('x'.repeat(size)))],
  ['pickle of unknown names', (size) => pickleOf(size, named('some', 'thing'), MARK, 't')],
  ['pickle of calls', (size) => pickleOf(size, call('numpy', 'dtype', text('f4')), MARK, 't')],
  ['pickle of arrays', (size) => pickleOf(size, array, MARK, 't')],
  [
    'pickle of large arrays',
    (size) => pickleOf(size, numpyArray([25_000], 'abcd'.repeat(25_000)), MARK, 't'),
  ],
  ['pickle of entries', (size) => pickleOf(size, `${int(1)}N`, '}(', 'u')],
  [
    'torch of repeated tensors',
    (size) => torchArchive(pickleOf(size, torchTensor({ shape: [2, 2], strides: [1, 2] }), MARK, 't')),
  ],
  ['torch of a long pickle', (size) => torchArchive(pickleOf(size, 'N', MARK, 't'))],
  [
    'torch of a storage that unpacks',
    (size, draw) => {
      const keys = Array.from(
        { length: 200 },
        (_, i) =>
          [`t${i}`, torchTensor({ shape: [1 + draw(1000), 16], strides: [16, 1], offset: i })] as const,
      );
      return sharedArchive([], deflated(Buffer.alloc(0)), [
        { name: 'x/data.pkl', ...deflated(pickle(dict(Object.fromEntries(keys)))) },
        { name: 'x/data/0', ...deflated(Buffer.alloc(size)) },
      ]);
    },
  ],
  [
    'torch of tensors with far strides',
    (size, draw) => {
      const stride = Math.floor(size / 4) - 1;
      const keys = Array.from(
        { length: 1 + draw(5000) },
        (_, i) => [`t${i}`, torchTensor({ shape: [2], strides: [stride] })] as const,
      );
      return archive([
        ['x/data.pkl', pickle(dict(Object.fromEntries(keys)))],
        ['x/data/0', Buffer.alloc(size)],
      ]);
    },
  ],
  [
    'torch of turned tensors',
    (size) =>
      archive([
        [
          'x/data.pkl',
          pickle(dict({ a: torchTensor({ shape: [1024, Math.floor(size / 4096)], strides: [1, 1024] }) })),
        ],
        ['x/data/0', Buffer.alloc(size)],
      ]),
  ],
  [
    'zip of one content under many names',
    (_, draw) =>
      sharedArchive(
        Array.from({ length: 1 + draw(60_000) }, (_, i) => `${i}.npy`),
        deflated(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (8,), }", 32)),
      ),
  ],
  [
    'zip of zeros',
    (size) =>
      sharedArchive(
        ['a.npy'],
        deflated(npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (${size},), }`, size)),
      ),
  ],
  ['zip of directory signatures', (size) => repeated(size, 'PK\x05\x06', 'PK\x03\x04')],
  [
    'safetensors of nested lists',
    (size) => safetensors(`{"a":${'['.repeat(1_900_000)}${']'.repeat(1_900_000)}}`, size),
  ],
  [
    'safetensors of many tensors',
    (_, draw) => ((count) => safetensors(manyTensors(count, 'F32', 4), 4 * count))(1 + draw(40_000)),
  ],
  [
    'safetensors of many bytes',
    (_, draw) => ((count) => safetensors(manyTensors(count, 'U8', 1), count))(1 + draw(40_000)),
  ],
  [
    'safetensors of many unknown types',
    (_, draw) => ((count) => safetensors(manyTensors(count, 'F8_E4M3', 1), count))(1 + draw(40_000)),
  ],
  [
    'safetensors of one large tensor',
    (size) =>
      safetensors(
        `{"a":{"dtype":"BF16","shape":[${Math.floor(size / 2)}],"data_offsets":[0,${2 * Math.floor(size / 2)}]}}`,
        2 * Math.floor(size / 2),
      ),
  ],
  ['safetensors of escapes', (size) => safetensors(`{"${'\\u0061'.repeat(600_000)}":1}`, size)],
  [
    'npy of a long header',
    (size) => npy(`{'descr': '<f4', 'shape': (${'1,'.repeat(32_000)}), 'fortran_order': True}`, size),
  ],
  ['npy of spaces', (size) => npy(`${"'descr':      ".repeat(4000)}`, size)],
  [
    'npy of halves',
    (size) =>
      npy(
        `{'descr': '>f2', 'fortran_order': True, 'shape': (2, ${Math.floor(size / 4)}), }`,
        4 * Math.floor(size / 4),
      ),
  ],
  ['zeros', (size) => Buffer.alloc(size)],
];
