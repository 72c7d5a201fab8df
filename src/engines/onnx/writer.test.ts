import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { ModelBuilder } from './builder.ts';
import { float32Tensor, int64Tensor, type OnnxModel } from './graph.ts';
import { writeModel } from './writer.ts';

const scaled: OnnxModel = {
  name: 'scaled',
  opset: 18,
  nodes: [
    {
      operator: 'Gemm',
      name: 'product',
      inputs: ['x', 'weight'],
      outputs: ['product'],
      attributes: { alpha: { float: 0.5 }, transB: 1 },
    },
    {
      operator: 'Constant',
      name: 'shift',
      inputs: [],
      outputs: ['shift'],
      attributes: { value: { tensor: float32Tensor([10, 20], [2]) } },
    },
    { operator: 'Add', name: 'sum', inputs: ['product', 'shift'], outputs: ['sum'], attributes: {} },
    { operator: 'Transpose', name: 'turned', inputs: ['sum'], outputs: ['y'], attributes: { perm: [1, 0] } },
  ],
  initializers: new Map([['weight', float32Tensor([1, 2, 3, 4, 5, 6], [2, 3])]]),
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: [2, 'batch'] }],
  metadata: { author: 'test' },
};

async function runModel(model: OnnxModel, feeds: Record<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(writeModel(model), { logSeverityLevel: 3 });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

test('ONNX Runtime reads a model with attributes, constants and a named extent', async () => {
  const x = new ort.Tensor('float32', Float32Array.of(1, 1, 1), [1, 3]);
  const { y } = await runModel(scaled, { x });
  expect([...(y.data as Float32Array)]).toEqual([13, 27.5]);
  expect(y.dims).toEqual([2, 1]);
});

test('lists of numbers and strings, 64-bit and negative integers keep their values', async () => {
  const model: OnnxModel = {
    ...scaled,
    nodes: [
      {
        operator: 'Constant',
        name: 'floats',
        inputs: [],
        outputs: ['floats'],
        attributes: { value_floats: { floats: [0.5, -1.25] } },
      },
      {
        operator: 'Constant',
        name: 'words',
        inputs: [],
        outputs: ['words'],
        attributes: { value_strings: { strings: ['conv', 'größe'] } },
      },
      { operator: 'Identity', name: 'whole', inputs: ['numbers'], outputs: ['whole'], attributes: {} },
      { operator: 'ReduceSum', name: 'y', inputs: ['x', 'axes'], outputs: ['y'], attributes: {} },
    ],
    initializers: new Map([
      ['numbers', int64Tensor([-1, 2 ** 40])],
      ['axes', int64Tensor([-1])],
    ]),
    outputs: [
      { name: 'floats', type: 'float32', shape: [2] },
      { name: 'whole', type: 'int64', shape: [2] },
      { name: 'y', type: 'float32', shape: ['batch', 1] },
    ],
  };
  const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
  const { floats, whole, y } = await runModel(model, { x });
  expect([...(floats.data as Float32Array)]).toEqual([0.5, -1.25]);
  expect([...(whole.data as BigInt64Array)]).toEqual([-1n, 2n ** 40n]);
  expect([...(y.data as Float32Array)]).toEqual([6]);
});

test('a builder stores equal constants once and never reuses a name', () => {
  const builder = new ModelBuilder();
  builder.enter('a');
  expect(builder.int64([1, 2])).toBe(builder.int64([1, 2]));
  expect(builder.int64([1, 2])).not.toBe(builder.float(1));
  const outputs = [builder.add('x', 'y'), builder.add('x', 'y'), builder.uniqueName('a/Add')];
  expect(new Set(outputs).size).toBe(3);
  expect(new Set(builder.nodes.map(({ name }) => name)).size).toBe(2);
});
