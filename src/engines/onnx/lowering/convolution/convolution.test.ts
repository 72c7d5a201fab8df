import { describe, expect, test } from 'vitest';
import { Graph } from '../../../../graph/graph.ts';
import { Conv, type ConvAttributes, ConvGradInput, ConvGradWeight } from '../../../../ops/conv.ts';
import { randomTensor } from '../../../../ops/run.ts';
import { type Program, toProgram } from '../../../../program/program.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import type { Tensor } from '../../../../tensor/tensor.ts';
import type { Engine } from '../../../engine.ts';
import { referenceEngine } from '../../../reference/index.ts';
import { openOnnxEngine } from '../../index.ts';
import { lowerProgram } from '../../model.ts';

interface Case {
  readonly title: string;
  readonly x: Shape;
  readonly weight: Shape;
  readonly attributes?: Partial<ConvAttributes>;
  /** Operators that identify the form, for the output and for the gradients of input and weight. */
  readonly forms: readonly [string, string, string];
}

const same = [1, 1, 1, 1] as const;

const cases: readonly Case[] = [
  {
    title: 'images of one pixel',
    x: [3, 4, 1, 1],
    weight: [5, 4, 3, 3],
    attributes: { pads: same },
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'images of the size of the kernel',
    x: [3, 4, 5, 3],
    weight: [7, 4, 5, 3],
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'images of one pixel and a 1x1 kernel',
    x: [3, 4, 1, 1],
    weight: [5, 4, 1, 1],
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'images smaller than the kernel',
    x: [16, 3, 2, 3],
    weight: [5, 3, 3, 3],
    attributes: { pads: same },
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'small images with strides',
    x: [16, 3, 2, 2],
    weight: [5, 3, 3, 3],
    attributes: { pads: same, strides: [2, 2] },
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'small images, dilated',
    x: [16, 3, 3, 3],
    weight: [5, 3, 3, 3],
    attributes: { pads: [2, 2, 2, 2], dilations: [2, 2] },
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'few positions and many channels',
    x: [8, 9, 4, 4],
    weight: [260, 9, 3, 3],
    attributes: { pads: [1, 0, 1, 1], strides: [2, 2] },
    forms: ['Gemm', 'Gemm', 'Gemm'],
  },
  {
    title: 'few positions, where some taps read padding only',
    x: [8, 10, 2, 6],
    weight: [130, 10, 5, 2],
    attributes: { pads: [3, 0, 2, 0] },
    forms: ['Conv', 'Gemm', 'Gemm'],
  },
  {
    title: 'few positions and a 1x1 kernel',
    x: [8, 12, 4, 4],
    weight: [6, 12, 1, 1],
    attributes: { strides: [2, 2] },
    forms: ['Gemm', 'ConvTranspose', 'Gemm'],
  },
  {
    title: 'larger images',
    x: [2, 16, 9, 7],
    weight: [5, 16, 3, 3],
    attributes: { pads: same },
    forms: ['Conv', 'Conv', 'Gemm'],
  },
  {
    title: 'larger images, dilated and padded unevenly',
    x: [2, 16, 9, 8],
    weight: [5, 16, 3, 2],
    attributes: { pads: [1, 0, 2, 1], dilations: [2, 1] },
    forms: ['Conv', 'Conv', 'Gemm'],
  },
  {
    title: 'larger images with strides that skip rows',
    x: [2, 9, 12, 14],
    weight: [4, 9, 3, 3],
    attributes: { pads: [0, 1, 0, 0], strides: [2, 3] },
    forms: ['Conv', 'ConvTranspose', 'Gemm'],
  },
  {
    title: 'padding wider than the kernel',
    x: [2, 9, 6, 6],
    weight: [4, 9, 2, 2],
    attributes: { pads: [3, 2, 2, 3] },
    forms: ['Conv', 'ConvTranspose', 'Gemm'],
  },
  {
    title: 'a 1x1 kernel on large images',
    x: [2, 16, 12, 12],
    weight: [4, 16, 1, 1],
    forms: ['Conv', 'Conv', 'MatMul'],
  },
  {
    title: 'few channels and a small kernel',
    x: [2, 3, 8, 9],
    weight: [12, 3, 3, 3],
    attributes: { pads: same },
    forms: ['Conv', 'ConvTranspose', 'MatMul'],
  },
  {
    title: 'few channels and a large kernel with strides',
    x: [2, 3, 16, 15],
    weight: [4, 3, 7, 7],
    attributes: { pads: [3, 3, 3, 3], strides: [2, 2] },
    forms: ['Conv', 'ConvTranspose', 'Conv'],
  },
  {
    title: 'groups',
    x: [2, 6, 7, 6],
    weight: [9, 2, 3, 3],
    attributes: { pads: same, group: 3, strides: [2, 1] },
    forms: ['Conv', 'ConvTranspose', 'MatMul'],
  },
  {
    title: 'depthwise',
    x: [2, 16, 7, 6],
    weight: [32, 1, 3, 3],
    attributes: { pads: same, group: 16 },
    forms: ['Conv', 'Conv', 'MatMul'],
  },
];

function programs({ x, weight, attributes }: Case): Program[] {
  const graph = new Graph('training');
  const float = (name: string, shape: Shape) => graph.input(name, { shape, dtype: 'float32' }, 'batch');
  const full: ConvAttributes = {
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    group: 1,
    ...attributes,
  };
  const [images, weights, bias] = [float('x', x), float('weight', weight), float('bias', [weight[0]])];
  const y = graph.apply(Conv, [images, weights, bias], full);
  const dy = float('dy', y.shape);
  const dx = graph.apply(ConvGradInput, [dy, weights], { ...full, inputShape: x });
  const dweight = graph.apply(ConvGradWeight, [images, dy], { ...full, weightShape: weight });
  return [{ y }, { dx }, { dweight }].map((results) => toProgram('convolution', graph, results as never));
}

function feedsOf({ inputs }: Program): Record<string, Tensor> {
  return Object.fromEntries(inputs.map(({ name, value }) => [name, randomTensor(value.shape, name)]));
}

async function runOn(engine: Engine, program: Program): Promise<readonly number[]> {
  const state = engine.createState([]);
  const executable = await engine.compile(program, state);
  const [result] = Object.values(await executable.run(feedsOf(program)));
  executable.dispose();
  state.dispose();
  return [...result.data];
}

const engine = await openOnnxEngine({ threads: 1 });

describe.each(cases)('$title', (built) => {
  test.each(['y', 'dx', 'dweight'].map((name, i) => ({ name, i })))('$name', async ({ i }) => {
    const program = programs(built)[i];
    const used = lowerProgram(program).model.nodes.map(({ operator }) => operator);
    const chosen = ['ConvTranspose', 'Conv', 'Gemm', 'MatMul'].find((operator) => used.includes(operator));
    expect(chosen).toBe(built.forms[i]);
    const [found, expected] = [await runOn(engine, program), await runOn(referenceEngine, program)];
    const largest = Math.max(...expected.map(Math.abs));
    const error = Math.max(...expected.map((value, at) => Math.abs(value - found[at])));
    expect(error / largest).toBeLessThan(1e-5);
  });
});
