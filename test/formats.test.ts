// Weight files that PyTorch, NumPy and ONNX wrote (scripts/witness/formats.py), against what those read from them.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DataError, UsageError } from '../src/base/errors.ts';
import { openTensorSource } from '../src/formats/open.ts';
import { memorySource } from '../src/formats/source.ts';
import type { TensorFile } from '../src/formats/tensor-file.ts';

interface FileWitness {
  readonly base64: string;
  /** Stored type, shape and elements; absent if the file is to be refused. */
  readonly tensors?: Readonly<
    Record<string, readonly [string, readonly number[], readonly (number | string)[]]>
  >;
}

const files: Readonly<Record<string, FileWitness>> = JSON.parse(
  readFileSync(new URL('witness/formats.json', import.meta.url), 'utf8'),
);

function open(name: string): Promise<TensorFile> {
  return openTensorSource(memorySource(Buffer.from(files[name].base64, 'base64'), name));
}

/** JSON has no words for some numbers. */
function numberOf(value: number | string): number {
  return typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : value;
}

const loaded = Object.keys(files).filter((name) => files[name].tensors);

test.each(loaded)('%s gives the tensors that its own library reads', async (name) => {
  const file = await open(name);
  const expected = Object.entries(files[name].tensors!);
  expect([...file.tensors.keys()]).toEqual(expected.map(([tensor]) => tensor));
  for (const [tensor, [type, shape, values]] of expected) {
    const { data, ...read } = await file.read(tensor);
    expect(file.tensors.get(tensor)?.type, tensor).toBe(type);
    expect(read, tensor).toEqual({ dtype: /F/.test(type) ? 'float32' : 'int32', shape });
    expect([...data], tensor).toEqual(values.map(numberOf));
  }
});

const refusals: Readonly<Record<string, string | RegExp>> = {
  'sparse.pt': /byte \d+ of its pickle asks for "torch\._utils\._rebuild_sparse_tensor"/,
  'complex.pt': 'asks for "torch.ComplexFloatStorage"',
  'quantized.pt': 'asks for "torch._utils._rebuild_qtensor"',
  'negated.pt': 'has a tensor with a pending negation or conjugation',
  'expanded.pt':
    'tensor "a" repeats elements: it has 1000, but 1 are there; write a copy of it (contiguous())',
  'module.pt':
    /asks for "torch\.nn\.modules\.linear\.Linear".*save the weights alone: torch\.save\(model\.state_dict/,
  'script.pt': 'is a TorchScript program; in Python, save its weights alone',
  'sliced.pdparams': 'has arrays in slices; in Python, save it again: paddle.save(..., protocol=4)',
  'text protocol.pkl': /is not a supported weight file: it starts with the bytes 28 64/,
  'objects.pkl': 'has an array of NumPy\'s type "O8"; expected one of f8, f4',
  'command.pkl':
    /byte \d+ of its pickle asks for "posix\.system", which is not part of a weight file and is not run/,
  'command, protocol 4.pkl': 'asks for "posix.system"',
  'text.npy': "expected a 'descr' of one of the types f8, f4",
  'complex.npy': "expected a 'descr' of one of the types f8, f4",
  'records.npy': "expected a 'descr' of one of the types f8, f4",
  'outside.onnx': 'tensor "outside" is in another file; in Python, write one file',
  'text.onnx': 'tensor "a" is of ONNX\'s type 8; expected numbers',
};

test('every file is either read or refused for a reason that is tested', () => {
  expect(
    Object.keys(files)
      .filter((name) => !files[name].tensors)
      .sort(),
  ).toEqual(Object.keys(refusals).sort());
});

test.each(Object.entries(refusals))('%s is refused', async (name, reason) => {
  await expect(open(name)).rejects.toThrow(DataError);
  await expect(open(name)).rejects.toThrow(reason);
  await expect(open(name)).rejects.toThrow(new RegExp(`^${name.replace('.', '\\.')}: `));
});

test.each(['checkpoint.pt', 'checkpoint, legacy.pt'])(
  '%s gives the weights, and what stands beside them as plain data',
  async (name) => {
    const { format, metadata, tensors } = await open(name);
    expect(format).toBe('pytorch');
    expect(tensors.has('module.0.weight')).toBe(true);
    expect(metadata).toMatchObject({
      epoch: 12,
      best: 91.25,
      classes: ['cat', 'dog'],
      steps: [3, 5],
      args: { lr: 0.1, data: '/data/set', device: 'cpu', size: [4, 4], type: 'float16' },
      optimizer: { param_groups: [{ lr: 0.1, momentum: 0.9, params: [0, 1, 2, 3] }] },
      scheduler: { milestones: { 30: 1, 60: 1 } },
    });
    expect(JSON.stringify(metadata)).not.toContain('module.0.weight');
  },
);

test('formats are recognized by content', async () => {
  const formats = await Promise.all(loaded.map(async (name) => (await open(name)).format));
  expect(Object.fromEntries(loaded.map((name, i) => [name, formats[i]]))).toMatchObject({
    'protocol 2.pdparams': 'paddle',
    'nested.pdparams': 'paddle',
    'arrays.pkl': 'pickle',
    'version 1.npy': 'npy',
    'arrays.npz': 'npz',
    'raw.onnx': 'onnx',
    'views, legacy.pt': 'pytorch',
  });
});

test("Paddle's names and ONNX's strings are metadata", async () => {
  const paddle = await open('protocol 4.pdparams');
  expect(paddle.metadata['StructuredToParameterName@@']).toMatchObject({ 'fc.weight': 'linear_0.0' });
  expect((await open('raw.onnx')).metadata).toEqual({ classes: 'cat,dog' });
});

test('a name that a file does not have is answered with the nearest', async () => {
  const file = await open('every type.pt');
  await expect(file.read('float31')).rejects.toThrow(UsageError);
  await expect(file.read('float31')).rejects.toThrow(
    'has no tensor "float31" among its 10. Did you mean "float32"?',
  );
});
