import { PbfWriter } from 'pbf';
import { expect, test } from 'vitest';
import { DataError } from '../base/errors.ts';
import { readOnnx } from './onnx.ts';
import { memorySource } from './source.ts';
import { readAll, tensorFile } from './tensor-file.ts';

type Write = (pbf: PbfWriter) => void;

function message(tag: number, ...fields: readonly Write[]): Write {
  const write = (_: undefined, pbf: PbfWriter) => {
    for (const field of fields) field(pbf);
  };
  return (pbf) => pbf.writeMessage(tag, write, undefined);
}

const number =
  (tag: number, value: number): Write =>
  (pbf) =>
    pbf.writeVarintField(tag, value);
const text =
  (tag: number, value: string): Write =>
  (pbf) =>
    pbf.writeStringField(tag, value);
const bytes =
  (tag: number, value: number[]): Write =>
  (pbf) =>
    pbf.writeBytesField(tag, Uint8Array.from(value));

function model(...fields: readonly Write[]): Uint8Array {
  const pbf = new PbfWriter();
  for (const field of [number(1, 8), ...fields]) field(pbf);
  return pbf.finish();
}

const tensor = (...fields: readonly Write[]) => message(5, text(8, 'w'), number(2, 1), ...fields);
const raw = bytes(9, [0, 0, 0x80, 0x3f]);

async function read(content: Uint8Array) {
  const source = memorySource(content, 'x.onnx');
  return readAll(tensorFile(source, await readOnnx(source)));
}

test('initializers are read, unknown fields skipped', async () => {
  const content = model(
    message(7, text(2, 'graph'), tensor(number(1, 1), raw, text(12, 'a note'))),
    text(99, 'new'),
  );
  expect([...(await read(content))]).toEqual([
    ['w', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }],
  ]);
});

test.each([
  ['no graph', model(), /is not an ONNX model, or is damaged \(it has 0 graphs\)/],
  ['two graphs', model(message(7), message(7)), /it has 2 graphs/],
  ['two tensors of one name', model(message(7, tensor(raw), tensor(raw))), /tensor "w" is there twice/],
  ['a number as its graph', model(number(7, 3)), /bytes were expected in place of a number/],
  [
    'more axes than tensors have',
    model(message(7, tensor(bytes(1, Array(65).fill(1)), raw))),
    /a tensor has 65 axes; expected at most 64/,
  ],
  [
    'more axes, one by one',
    model(message(7, tensor(...Array.from({ length: 65 }, () => number(1, 1)), raw))),
    /a tensor has 65 axes/,
  ],
  [
    'a listed number that is truncated',
    model(message(7, tensor(number(2, 7), number(1, 1), bytes(7, [0x80])))),
    /a list has a number that is too long or truncated/,
  ],
  ['a type that is none', model(message(7, tensor(number(2, 77)))), /tensor "w" is of ONNX's type 77/],
  ['a negative extent', model(message(7, tensor(number(1, -1), raw))), /tensor "w" has the shape \[-1\]/],
  [
    'a shape beyond its elements',
    model(message(7, tensor(number(1, 2 ** 40), raw))),
    /needs 1099511627776 elements/,
  ],
  [
    'numbers one by one',
    model(
      message(
        7,
        tensor((pbf) => pbf.writeFloatField(4, 1)),
      ),
    ),
    /bytes were expected in place/,
  ],
  ['a part that goes beyond its whole', Uint8Array.of(8, 8, 58, 3, 42, 9, 66), /goes beyond the end/],
  ['a number without end', Uint8Array.of(8, 8, ...Array(20).fill(0xff)), /is not an ONNX model/],
])('a model with %s is refused', async (_, content, reason) => {
  await expect(read(content)).rejects.toThrow(DataError);
  await expect(read(content)).rejects.toThrow(reason);
});

test('a model that is cut anywhere is refused', async () => {
  const whole = model(message(7, tensor(number(1, 1), raw)));
  for (let length = 0; length < whole.length; length++) {
    await expect(read(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});

test('lists of integers may come in parts, packed or not', async () => {
  const content = model(
    message(
      7,
      message(
        5,
        text(8, 'n'),
        number(2, 7),
        number(1, 4),
        number(7, 1),
        bytes(7, [2, 0xac, 0x02]),
        number(7, 5),
      ),
    ),
  );
  expect([...(await read(content)).get('n')!.data]).toEqual([1, 2, 300, 5]);
});
