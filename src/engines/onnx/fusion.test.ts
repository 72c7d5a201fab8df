// Models that the rewrites and kernels of ONNX Runtime would compute incorrectly without workarounds.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Graph, type Value } from '../../graph/graph.ts';
import { relu, sigmoid } from '../../ops/activations.ts';
import { averagePool } from '../../ops/average-pool.ts';
import { conv } from '../../ops/conv.ts';
import { maxPool } from '../../ops/max-pool.ts';
import { pad } from '../../ops/pad.ts';
import { reshape } from '../../ops/reshape.ts';
import { toProgram } from '../../program/program.ts';
import { type FloatTensor, floatTensor } from '../../tensor/tensor.ts';
import { openOnnxEngine } from './index.ts';
import { inferenceModel } from './inference.ts';
import { writeModel } from './writer.ts';

const engine = await openOnnxEngine({ threads: 1 });

function programOf(x: FloatTensor, build: (x: Value) => Value) {
  const graph = new Graph('inference');
  return toProgram('test', graph, { y: build(graph.input('x', x, 'batch')) });
}

async function run(x: FloatTensor, build: (x: Value) => Value): Promise<number[]> {
  const executable = await engine.compile(programOf(x, build), engine.createState([]));
  const { y } = await executable.run({ x });
  executable.dispose();
  return [...y.data];
}

/** The result of an exported file, with the default rewrites of ONNX Runtime. */
async function runExported(x: FloatTensor, build: (x: Value) => Value): Promise<number[]> {
  const model = inferenceModel(programOf(x, build), { weights: new Map(), fold: true, metadata: {} });
  const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new OrtTensor('float32', x.data, x.shape) });
  await session.release();
  return [...(y.data as Float32Array)];
}

const negative = floatTensor([1, 1, 2, 2], [-14, -7, -3, -9]);
const border = { pads: [0, 0, 1, 1, 0, 0, 0, 0] };
const pair = { kernelShape: [2, 2], strides: [1, 1] } as const;

describe('padding before a pool is preserved', () => {
  const cases: [string, (x: Value) => Value, number[]][] = [
    ['zeros of a max pool', (x) => maxPool(pad(x, border), pair), [0, 0, 0, -3]],
    ['zeros before a ReLU', (x) => maxPool(relu(pad(x, border)), pair), [0, 0, 0, 0]],
    ['zeros before a reshape', (x) => maxPool(reshape(pad(x, border), [1, 1, 3, 3]), pair), [0, 0, 0, -3]],
    ['another value', (x) => maxPool(pad(x, { ...border, value: -8 }), pair), [-8, -7, -3, -3]],
    [
      'zeros of an average pool that does not count its own padding',
      (x) => averagePool(pad(x, border), { ...pair, countIncludePad: false }),
      [-3.5, -5.25, -4.25, -8.25],
    ],
    [
      'as wide as the kernel',
      (x) => averagePool(pad(x, { pads: [0, 0, 2, 0, 0, 0, 0, 0] }), { kernelShape: [1, 2] }),
      [0, 0, -10.5, -6],
    ],
    [
      'wider than the kernel of a max pool',
      (x) => maxPool(pad(x, { pads: [0, 0, 0, 2, 0, 0, 0, 0] }), { kernelShape: [1, 1] }),
      [0, 0, -14, -7, 0, 0, -3, -9],
    ],
  ];

  test.each(cases)('%s', async (_, build, expected) => {
    expect(await run(negative, build)).toEqual(expected);
    expect(await runExported(negative, build)).toEqual(expected);
  });
});

test('padding before a convolution is left to the runtime, which may merge it', () => {
  const build = (x: Value) => conv(pad(x, border), x.graph.constant(floatTensor([1, 1, 1, 1], [2])));
  const model = inferenceModel(programOf(negative, build), { weights: new Map(), fold: true, metadata: {} });
  expect(model.nodes.map(({ operator }) => operator)).toEqual(['Pad', 'Conv']);
});

test('a dilated max pool may round its size up', async () => {
  const x = floatTensor([1, 1, 1, 5], [1, 5, 2, 4, 3]);
  const pool = { kernelShape: [1, 2], strides: [1, 2], dilations: [1, 3], ceilMode: true } as const;
  for (const runOn of [run, runExported]) expect(await runOn(x, (v) => maxPool(v, pool))).toEqual([4, 2]);
});

test('the sigmoid of large negative numbers has all its digits', async () => {
  const x = floatTensor([5], [-10, -18.5, -40, -80, -87]);
  for (const runOn of [run, runExported]) {
    const y = await runOn(x, sigmoid);
    x.data.forEach((value, i) => {
      expect(y[i] / (Math.exp(value) / (1 + Math.exp(value)))).toBeCloseTo(1, 5);
    });
  }
});

test('a max pool propagates NaN, and only within its windows', async () => {
  const x = floatTensor([2, 1, 2, 4], [1, Number.NaN, -3, -4, 5, 6, -7, -8, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await run(x, (v) => maxPool(v, { kernelShape: [2, 2] }))).toEqual([Number.NaN, -3, 6, 8]);
});

test('infinity is distinguished from NaN', async () => {
  const x = floatTensor([1, 1, 1, 4], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 2]);
  expect(await run(x, (v) => maxPool(v, { kernelShape: [1, 2] }))).toEqual([Number.POSITIVE_INFINITY, 2]);
});
