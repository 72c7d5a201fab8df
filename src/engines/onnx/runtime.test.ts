import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { EngineError, UsageError } from '../../base/errors.ts';
import { floatTensor, zeros } from '../../tensor/tensor.ts';
import { float32Tensor, type OnnxModel } from './graph.ts';
import { loaders, loadOnnxRuntime, type OrtModule } from './library.ts';
import { OnnxRuntime } from './runtime.ts';

const shifted: OnnxModel = {
  name: 'shifted',
  opset: 18,
  nodes: [{ operator: 'Add', name: 'sum', inputs: ['x', 'shift'], outputs: ['y'], attributes: {} }],
  initializers: new Map([['shift', float32Tensor([1, 2], [2])]]),
  inputs: [{ name: 'x', type: 'float32', shape: [2] }],
  outputs: [{ name: 'y', type: 'float32', shape: [2] }],
};

const nativeLibrary = (ort: OrtModule) => (threads: number) =>
  loadOnnxRuntime(threads, { ...loaders, native: async () => ort });
const wasmLibrary = (threads: number) =>
  loadOnnxRuntime(threads, { ...loaders, native: () => Promise.reject(new Error('not here')) });

/** A runtime whose binding can convert every output. */
const convertsAll = {
  ...ort,
  InferenceSession: {
    async create(bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) {
      const session = await ort.InferenceSession.create(bytes, options);
      if (!session.outputNames.includes('guard')) return session;
      return { run: async () => ({}), release: () => session.release() };
    },
  },
} as unknown as typeof ort;

test.each([
  ['into preallocated arrays', loadOnnxRuntime],
  ['by copying if the binding converts every output', nativeLibrary(convertsAll)],
  ['of the WebAssembly build', wasmLibrary],
])('a run writes its outputs %s', async (_title, load) => {
  const runtime = await OnnxRuntime.load({ threads: 1 }, load);
  const session = await runtime.open(shifted);
  const y = zeros([2]);
  await session.run({ x: floatTensor([2], [10, 20]) }, { y });
  expect([...y.data]).toEqual([11, 22]);
  await session.release();
});

test.each([
  ['native', loadOnnxRuntime, /^ONNX Runtime failed to run the model: .*x.*3/s],
  ['WebAssembly', wasmLibrary, /^ONNX Runtime failed to run the model: .*x.*3.* The native package /s],
])('a failed run gives the reason and the advice: %s', async (_build, load, message) => {
  const runtime = await OnnxRuntime.load({ threads: 1 }, load);
  const session = await runtime.open(shifted);
  const run = session.run({ x: zeros([3]) }, { y: zeros([2]) });
  await expect(run).rejects.toThrow(EngineError);
  await expect(run).rejects.toThrow(message);
  await session.release();
});

test('an invalid model is an error with its name', async () => {
  const runtime = await OnnxRuntime.load({ threads: 1 });
  const open = runtime.open({ ...shifted, nodes: [{ ...shifted.nodes[0], operator: 'Nonsense' }] });
  await expect(open).rejects.toThrow(EngineError);
  await expect(open).rejects.toThrow(/^ONNX Runtime rejected the model of "shifted": .*Nonsense/);
});

test('an invalid number of threads is an error', async () => {
  await expect(OnnxRuntime.load({ threads: 0 })).rejects.toThrow(UsageError);
  await expect(OnnxRuntime.load({ threads: 1.5 })).rejects.toThrow(/an integer from 1 to 1,024, got 1.5/);
});
