// Comparing engines: differences and defects that are found.
import { describe, expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { openEngine } from '../engines/index.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Node } from '../graph/graph.ts';
import type { Computation } from '../graph/types.ts';
import { createModel } from '../models/index.ts';
import type { DType } from '../tensor/tensor.ts';
import { floatTensor, type Tensor } from '../tensor/tensor.ts';
import { verifyEngines } from './verify.ts';

const model = createModel('lenet5', { input: [1, 32, 32] });

/** The reference engine under another name, with one of its results changed. */
function altered(result: string, change: (value: number) => number): Engine {
  return {
    ...referenceEngine,
    name: 'altered',
    async compile(program, state) {
      const executable = await referenceEngine.compile(program, state);
      return {
        program,
        run: async (feeds) => changed(await executable.run(feeds), result, change),
        dispose: () => executable.dispose(),
      };
    },
  };
}

function changed(results: Record<string, Tensor>, name: string, change: (value: number) => number) {
  const tensor = results[name];
  return tensor
    ? { ...results, [name]: floatTensor(tensor.shape, Float32Array.from(tensor.data, change)) }
    : results;
}

test('an engine agrees with itself, exactly', async () => {
  const twin = altered('logits', (value) => value);
  const result = await verifyEngines(model, [referenceEngine, twin], { batchSize: 2, seed: 1 });
  expect(result).toMatchObject({ model: 'lenet5', input: [2, 1, 32, 32], engines: ['reference', 'altered'] });
  expect(result.forward).toEqual([{ pair: ['reference', 'altered'], maxAbs: 0, maxRel: 0 }]);
  expect(result.gradients[0].worst.maxRel).toBe(0);
  expect(result.holds).toBe(true);
});

test('a difference in the logits is found and measured', async () => {
  const other = altered('logits', (value) => value * 1.001);
  const { forward, holds } = await verifyEngines(model, [referenceEngine, other], { batchSize: 2, seed: 1 });
  expect(forward[0].maxRel).toBeCloseTo(0.001, 6);
  expect(holds).toBe(false);
});

test('the parameter whose gradient differs is named', async () => {
  const other = altered('gradient fc1.weight', (value) => value + 1);
  const { gradients, holds } = await verifyEngines(model, [referenceEngine, other], {
    batchSize: 2,
    seed: 1,
  });
  expect(gradients[0].worst.name).toBe('fc1.weight');
  expect(holds).toBe(false);
});

test('NaN exceeds every bound', async () => {
  const other = altered('logits', () => Number.NaN);
  const { forward, holds } = await verifyEngines(model, [referenceEngine, other], { batchSize: 1, seed: 1 });
  expect(forward[0].maxRel).toBe(Number.POSITIVE_INFINITY);
  expect(holds).toBe(false);
});

/** An engine that runs the programs with other nodes. */
function withNodes(engine: Engine, change: (node: Node) => Node): Engine {
  return {
    ...engine,
    name: 'altered',
    compile: (program, state) => engine.compile({ ...program, nodes: program.nodes.map(change) }, state),
  };
}

type AnyComputation = Computation<object, readonly DType[], readonly DType[]>;

/** What `spoil` does to the first output of every node of that operator. */
function faulty(operator: string, spoil: (y: Float32Array, request: AnyComputation) => void): Engine {
  return withNodes(referenceEngine, (node) => {
    if (node.operator.name !== operator) return node;
    const compute = (request: AnyComputation) => {
      node.operator.compute(request);
      spoil(request.outputs[0].data as Float32Array, request);
    };
    return { ...node, operator: { ...node.operator, compute } };
  });
}

test('inputs of ReLUs that rounding moves across zero do not count as a difference', async () => {
  // Every input just below zero becomes a tiny number above it, which the gradient then passes through.
  const flipping = faulty('Relu', (y, { inputs: [x] }) => {
    y.forEach((_, i) => {
      if (x.data[i] < 0 && x.data[i] > -0.01) y[i] = 1e-9;
    });
  });
  const { gradients, holds } = await verifyEngines(model, [referenceEngine, flipping], {
    batchSize: 2,
    seed: 1,
  });
  expect(gradients[0].worst.maxRel).toBeLessThan(1e-6);
  expect(holds).toBe(true);
});

const first = (change: (value: number) => number) => (data: Float32Array) => {
  data[0] = change(data[0]);
};
const last = (change: (value: number) => number) => (data: Float32Array) => {
  data[data.length - 1] = change(data.at(-1)!);
};

describe('verification detects a kernel that', () => {
  const passOn = (dx: Float32Array, { inputs: [dy] }: AnyComputation) => dx.set(dy.data);
  const faults: [string, Engine][] = [
    [
      'gets one output of a convolution wrong',
      faulty(
        'Conv',
        last((y) => y + 1e-3),
      ),
    ],
    [
      'adds a wrong bias in a fully connected layer',
      faulty(
        'Gemm',
        last((y) => y - 1e-2),
      ),
    ],
    [
      'takes the second largest of a window',
      faulty(
        'MaxPool',
        first((y) => 0.99 * y),
      ),
    ],
    [
      'divides a mean by a wrong count',
      faulty(
        'AveragePool',
        first((y) => (4 / 3) * y),
      ),
    ],
    ['lets gradients through a ReLU at zero', faulty('ReluGrad', passOn)],
    [
      'skips one element of a weight gradient',
      faulty(
        'ConvGradWeight',
        last(() => 0),
      ),
    ],
    [
      'gets the gradient of the last pixel wrong',
      faulty(
        'ConvGradInput',
        last((dx) => dx + 1e-2),
      ),
    ],
    [
      'gives a gradient to the neighbor of a maximum',
      faulty('MaxPoolGrad', (dx) => void dx.copyWithin(1, 0)),
    ],
    [
      'gets the loss wrong',
      faulty(
        'SoftmaxCrossEntropyLoss',
        first((loss) => 1.001 * loss),
      ),
    ],
    [
      'scales the gradient of the loss',
      faulty(
        'SoftmaxCrossEntropyLossGrad',
        first((dz) => 1.01 * dz),
      ),
    ],
  ];

  test.each(faults)('%s', async (_, engine) => {
    const { holds } = await verifyEngines(model, [referenceEngine, engine], { batchSize: 2, seed: 1 });
    expect(holds).toBe(false);
  });
});

test('verification detects a lowering that shifts the padding of a convolution', async () => {
  const padded = createModel('resnet20-cifar', { classes: 3, input: [3, 8, 8] });
  const shifted = withNodes(await openEngine('onnx', { threads: 1 }), (node) => {
    const { pads } = node.attributes as { pads?: readonly number[] };
    if (node.operator.name !== 'Conv' || `${pads}` !== '1,1,1,1') return node;
    return { ...node, attributes: { ...node.attributes, pads: [0, 1, 2, 1] } };
  });
  const { values, holds } = await verifyEngines(padded, [referenceEngine, shifted], {
    batchSize: 2,
    seed: 1,
  });
  expect(values[0].worst.maxRel).toBeGreaterThan(0.01);
  expect(holds).toBe(false);
});

test('a comparison needs two engines', async () => {
  const verification = verifyEngines(model, [referenceEngine], { batchSize: 1, seed: 0 });
  await expect(verification).rejects.toThrow(/at least two different engines/);
});

test('the bound of a network that amplifies rounding follows its own rounding error', async () => {
  const narrow = createModel('resnet20-cifar', { classes: 3, input: [3, 8, 8] });
  const other = altered('gradient layer3.2.conv2.weight', (value) => value * (1 + 3e-4));
  const { rounding, bounds } = await verifyEngines(narrow, [referenceEngine, other], {
    batchSize: 4,
    seed: 0,
  });
  expect(rounding!.gradients).toBeGreaterThan(1e-7);
  expect(bounds.gradients).toBe(Math.max(1e-4, 10 * rounding!.gradients));
});
