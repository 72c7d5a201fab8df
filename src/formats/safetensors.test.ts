import { expect, test } from 'vitest';
import { DataError } from '../base/errors.ts';
import { floatTensor, intTensor, type Tensor } from '../tensor/tensor.ts';
import { openTensorSource } from './open.ts';
import { encodeSafetensors, readSafetensorsContent } from './safetensors.ts';
import { memorySource } from './source.ts';
import { readAll, tensorFile } from './tensor-file.ts';

const tensors = new Map<string, Tensor>([
  ['a.weight', floatTensor([2, 2], [1, -0.5, 3e38, NaN])],
  ['1', intTensor([3], [-1, 0, 2 ** 31 - 1])],
  ['0', floatTensor([], [7])],
  ['empty', floatTensor([0, 3], [])],
]);

/** A file with this header and body, whatever they are. */
function file(header: object | string, body: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function one(dtype: string, shape: readonly number[], body: readonly number[]): Uint8Array {
  return file({ x: { dtype, shape, data_offsets: [0, body.length] } }, body);
}

async function decode(bytes: Uint8Array) {
  const source = memorySource(bytes, 'x.safetensors');
  const file = tensorFile(source, await readSafetensorsContent(source));
  return { tensors: await readAll(file), metadata: file.metadata };
}

test('what is encoded is decoded, with names, shapes, types, values and metadata', async () => {
  const decoded = await decode(encodeSafetensors(tensors, { a: '{"b":1}', ü: '' }));
  expect(new Map([...decoded.tensors].sort())).toEqual(new Map([...tensors].sort()));
  expect(decoded.metadata).toEqual({ a: '{"b":1}', ü: '' });
});

test('a file has the bytes of the specification, with its header filled up to a multiple of 8', () => {
  const bytes = encodeSafetensors(new Map([['x', floatTensor([1], [1])]]));
  const header = '{"__metadata__":{},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Math.ceil(header.length / 8) * 8;
  expect([...bytes.subarray(0, 8)]).toEqual([length, 0, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.subarray(8, 8 + length))).toBe(header.padEnd(length));
  expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f]);
});

test('a header whose length is not a multiple of 4 is read, too', async () => {
  const text = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  for (const padding of ['', ' ', '  ', '   ']) {
    const { tensors } = await decode(file(text + padding, [0, 0, 0x80, 0x3f]));
    expect(tensors.get('x')).toEqual(floatTensor([1], [1]));
  }
});

test.each([
  ['F16', [0x00, 0x3c, 0x01, 0x80, 0x00, 0x7c], [1, -(2 ** -24), Infinity]],
  ['BF16', [0x80, 0x3f, 0x20, 0xc1], [1, -10]],
  ['F64', [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [1]],
  ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255], [-2]],
  ['I16', [0xff, 0xff], [-1]],
  ['I8', [0x80], [-128]],
  ['U8', [0x80], [128]],
  ['BOOL', [1, 0], [1, 0]],
])('%s is read', async (dtype, body, expected) => {
  const read = (await decode(one(dtype, [expected.length], body))).tensors.get('x')!;
  expect([...read.data]).toEqual(expected);
  expect(read.dtype).toBe(/F/.test(dtype) ? 'float32' : 'int32');
});

test('half-precision numbers are read exactly, NaN among them', async () => {
  const read = (await decode(one('F16', [2], [0x00, 0x7e, 0x66, 0x2e]))).tensors.get('x')!;
  expect(read.data[0]).toBeNaN();
  expect(read.data[1]).toBeCloseTo(0.1, 4);
});

test.each([
  ['an empty file', new Uint8Array(0), /has 0 bytes, too few/],
  [
    'an image file',
    Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0]),
    /not a safetensors file.*89 50 4e 47/,
  ],
  ['text', new TextEncoder().encode('{"this": "is JSON, not safetensors"}'), /not a safetensors file/],
  ['a header that is cut', file({ x: 1 }).subarray(0, 12), /truncated: it has 12 bytes.*needs 15/],
  ['a header that is not JSON', file('{"x": '), /header is not valid JSON/],
  ['a tensor that is not an object', file({ x: 1 }), /tensor "x" is described by 1; expected an object/],
  [
    'one name twice',
    file('{"x":{},"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /has a name twice/,
  ],
  [
    'one field twice',
    file('{"x":{"dtype":"F64","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /a name twice/,
  ],
  [
    'a name that is too long',
    file({ ['x'.repeat(600)]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] } }),
    /a name of 600/,
  ],
  [
    'a deep nest',
    file(`{"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
    /described by (values nested too deep|\[\[)/,
  ],
  ['a header of 4 GB', file('{').fill(0xff, 0, 4), /is not a safetensors file/],
  ['too many axes', one('F32', Array(65).fill(1), [0, 0, 0, 0]), /tensor "x" has 65 axes/],
  ['a huge shape', one('F32', [2 ** 50, 2 ** 50], []), /expected data_offsets 5\.\d+e\+30 bytes apart/],
  ['an unknown type', one('F8', [1], [0]), /is of type F8; Fovea reads F64, F32/],
  ['a type that is not a name', one('f8', [1], [0]), /expected a dtype among F64, F32/],
  ['a negative extent', one('F32', [-1], []), /expected a shape of non-negative integers/],
  [
    'one offset',
    file({ x: { dtype: 'F32', shape: [], data_offsets: [0] } }, [0, 0, 0, 0]),
    /data_offsets \[start, end\]/,
  ],
  ['offsets that do not fit the shape', one('F32', [2], [0, 0, 0, 0]), /expected data_offsets 8 bytes apart/],
  [
    'a body that is cut',
    encodeSafetensors(tensors).subarray(0, -1),
    /is truncated: its tensors need 32 bytes, but 31/,
  ],
  ['bytes after the body', file({}, [1]), /has bytes after its last tensor/],
  [
    'metadata that is not strings',
    file({ __metadata__: { a: 1 } }),
    /metadata is {"a":1}; expected an object of strings/,
  ],
  ['integers beyond 32 bits', one('I64', [1], [0, 0, 0, 0, 1, 0, 0, 0]), /beyond 32 bits/],
])('%s is refused with what was received and what was expected', async (_, bytes, message) => {
  const refused = expect(decode(bytes)).rejects;
  await refused.toThrow(DataError);
  await refused.toThrow(message);
  await refused.toThrow(/^x\.safetensors: /);
});

test.each([
  ['overlap', [0, 4], [2, 6], /overlaps the tensor before it/],
  ['gap', [0, 4], [5, 9], /leaves a gap before it/],
])('tensors with an %s are refused', async (_, first, second, message) => {
  const entry = (offsets: number[]) => ({ dtype: 'F32', shape: [1], data_offsets: offsets });
  await expect(decode(file({ a: entry(first), b: entry(second) }, Array(9).fill(0)))).rejects.toThrow(
    message,
  );
});

test('a tensor cannot take the name of the metadata', async () => {
  const named = new Map([['__metadata__', floatTensor([], [1])]]);
  expect(() => encodeSafetensors(named)).toThrow('a tensor cannot be called "__metadata__"');
});

test('a tensor of an unknown type is skipped, and the others are read', async () => {
  const bytes = file(
    {
      scale: { dtype: 'F8_E4M3', shape: [2], data_offsets: [0, 2] },
      a: { dtype: 'U8', shape: [2], data_offsets: [2, 4] },
    },
    [1, 2, 3, 4],
  );
  const read = await openTensorSource(memorySource(bytes, 'x.safetensors'));
  expect([...read.tensors.keys()]).toEqual(['a']);
  expect([...(await read.read('a')).data]).toEqual([3, 4]);
  expect(read.skipped).toEqual([{ name: 'scale', reason: expect.stringContaining('is of type F8_E4M3') }]);
});
