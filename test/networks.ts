// Random networks for comparing engines: sequences of operators that runtimes fuse, at unusual sizes.
// A network is plain data, a function of its seed, so that PyTorch can build the same one (scripts/witness/networks.py).

import { ShapeError } from '../src/base/errors.ts';
import { anyOperator, Graph, type Value } from '../src/graph/graph.ts';
import type { Operands } from '../src/graph/types.ts';
import { type ClipAttributes, clip, relu, sigmoid } from '../src/ops/activations.ts';
import { add, mul, sub } from '../src/ops/arithmetic.ts';
import { type OperatorName, operators } from '../src/ops/index.ts';
import type { Pads, Pair } from '../src/ops/window.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';

export interface ParameterSpec {
  readonly shape: Shape;
  /** `weight` has a gradient; `mean` and `variance` are statistics, and the second is positive. */
  readonly kind: 'weight' | 'mean' | 'variance';
}

export interface LayerSpec {
  readonly operator: LayerName;
  /** Values by number: 0 is the image, `i + 1` the first output of layer `i`. */
  readonly inputs: readonly number[];
  /** Operands after the inputs. */
  readonly parameters: readonly ParameterSpec[];
  readonly attributes: object;
}

export interface NetworkSpec {
  readonly seed: number;
  readonly image: Shape;
  readonly layers: readonly LayerSpec[];
}

const elementwise = {
  Add: ([a, b]: readonly Value[]) => add(a, b),
  Sub: ([a, b]: readonly Value[]) => sub(a, b),
  Mul: ([a, b]: readonly Value[]) => mul(a, b),
  Relu: ([x]: readonly Value[]) => relu(x),
  Sigmoid: ([x]: readonly Value[]) => sigmoid(x),
  Clip: ([x]: readonly Value[], attributes: object) => clip(x, attributes as ClipAttributes),
};

type LayerName = OperatorName | keyof typeof elementwise;

/** The first output of a layer; its attributes were made for its operator. */
export function applyLayer(name: LayerName, inputs: readonly Value[], attributes: object): Value {
  if (name in elementwise) return elementwise[name as keyof typeof elementwise](inputs, attributes);
  const operator = anyOperator<object, Operands, Operands>(operators[name as OperatorName] as never);
  return inputs[0].graph.add(operator, inputs, attributes)[0];
}

const MOST_ELEMENTS = 6000;

/** The network of a seed. */
export function randomNetwork(seed: number): NetworkSpec {
  const draft = new Draft(seed);
  const count = 2 + draft.integer(3);
  for (let i = 0; i < count; i++) draft.add(draft.pick(sequences));
  if (draft.chance(0.3)) draft.add(['flatten', 'gemm']);
  return draft.network();
}

type Step = keyof typeof steps;

/** Sequences of layers that some graph optimizer fuses. */
const sequences: readonly (readonly Step[])[] = [
  ['pad', 'conv'],
  ['pad', 'maxPool'],
  ['pad', 'averagePool'],
  ['pad', 'relu', 'maxPool'],
  ['pad', 'pad', 'averagePool'],
  ['pad', 'depthwise', 'clip'],
  ['pad', 'sameShape', 'maxPool'],
  ['conv', 'normalization', 'relu'],
  ['conv', 'trainedNormalization', 'relu'],
  ['depthwise', 'normalization', 'clip'],
  ['conv', 'mulChannels'],
  ['conv', 'addChannels', 'relu'],
  ['conv', 'subChannels'],
  ['conv', 'mulChannels', 'normalization'],
  ['conv', 'addChannels', 'normalization'],
  ['sameConv', 'residual', 'relu'],
  ['sameConv', 'normalization', 'residual', 'relu'],
  ['residual', 'residual'],
  ['normalization', 'relu', 'conv'],
  ['normalization', 'normalization'],
  ['conv', 'clip'],
  ['conv', 'relu', 'clip'],
  ['clip', 'relu'],
  ['relu', 'clip'],
  ['clip', 'clip'],
  ['relu', 'relu', 'maxPool'],
  ['conv', 'sigmoid', 'mulChannels'],
  ['concat', 'conv'],
  ['concat', 'normalization', 'maxPool'],
  ['slice', 'concat', 'relu'],
  ['slice', 'maxPool'],
  ['maxPool', 'maxPool'],
  ['maxPool', 'relu'],
  ['averagePool', 'averagePool'],
  ['averagePool', 'conv'],
  ['maxPool', 'averagePool'],
  ['adaptivePool', 'conv'],
  ['relu', 'averagePool'],
  ['conv', 'globalPool'],
  ['conv', 'softmax'],
  ['conv', 'reduce'],
];

/** Each adds one layer, or none if the shape does not fit. */
const steps = {
  conv: (draft: Draft) => draft.conv({}),
  sameConv: (draft: Draft) => draft.sameConv(),
  depthwise: (draft: Draft) => draft.conv({ depthwise: true }),
  pad(draft: Draft) {
    const [top, left, bottom, right] = draft.pads(3);
    const channels = draft.chance(0.1) ? 1 : 0;
    const value = draft.pick([0, 0, 0, 0, -0.5, 1.5]);
    draft.layer('Pad', { pads: [0, 0, top, left, 0, channels, bottom, right], value });
  },
  maxPool: (draft: Draft) => draft.layer('MaxPool', { ...draft.window(), dilations: draft.pair(1, 2) }),
  averagePool: (draft: Draft) =>
    draft.layer('AveragePool', { ...draft.window(), countIncludePad: draft.chance(0.5) }),
  adaptivePool: (draft: Draft) => draft.layer('AdaptiveAveragePool', { outputSize: draft.pair(1, 4) }),
  globalPool: (draft: Draft) => draft.layer('GlobalAveragePool', {}),
  normalization(draft: Draft) {
    const shape = [draft.shape[1]];
    const kinds = ['weight', 'weight', 'mean', 'variance'] as const;
    const parameters = kinds.map((kind) => ({ shape, kind }));
    draft.layer('BatchNormalization', { epsilon: draft.pick([1e-5, 1e-3]) }, { parameters });
  },
  trainedNormalization(draft: Draft) {
    if (sizeOf(draft.shape) < 6 * draft.shape[1]) return;
    const shape = [draft.shape[1]];
    const kinds = ['weight', 'weight', 'mean', 'variance'] as const;
    const parameters = kinds.map((kind) => ({ shape, kind }));
    draft.layer('BatchNormalizationTraining', { epsilon: 1e-3, momentum: 0.1 }, { parameters });
  },
  relu: (draft: Draft) => draft.layer('Relu', {}),
  sigmoid: (draft: Draft) => draft.layer('Sigmoid', {}),
  clip(draft: Draft) {
    const [min, max] = draft.pick([
      [0, 6],
      [0, 1],
      [-1, 1],
      [0.25, 0.75],
      [-2, -0.5],
      [-0.5, 2],
    ]) as Pair;
    draft.layer('Clip', { min, max });
  },
  addChannels: (draft: Draft) => draft.withChannels('Add'),
  subChannels: (draft: Draft) => draft.withChannels('Sub'),
  mulChannels: (draft: Draft) => draft.withChannels('Mul'),
  residual(draft: Draft) {
    const other = draft.earlier() ?? draft.last;
    draft.layer('Add', {}, { inputs: draft.chance(0.5) ? [draft.last, other] : [other, draft.last] });
  },
  concat(draft: Draft) {
    const other = draft.earlier() ?? draft.last;
    draft.layer('Concat', { axis: 1 }, { inputs: [other, draft.last] });
  },
  slice(draft: Draft) {
    const [images, channels, height, width] = draft.shape as [number, number, number, number];
    const steps = [1, 1, ...draft.pair(1, 2)];
    const starts = [0, 0, draft.integer(2), draft.integer(2)];
    draft.layer('Slice', { starts, ends: [images, channels, height, width - draft.integer(2)], steps });
  },
  /** The identity, which optimizers remove. */
  sameShape: (draft: Draft) => draft.layer('Reshape', { shape: draft.shape }),
  softmax: (draft: Draft) => draft.layer('Softmax', { axis: 1 }),
  reduce: (draft: Draft) =>
    draft.layer(draft.pick(['ReduceMean', 'ReduceSum']), { axes: [3], keepDims: true }),
  flatten: (draft: Draft) =>
    draft.layer('Reshape', { shape: [draft.shape[0], sizeOf(draft.shape.slice(1))] }),
  gemm(draft: Draft) {
    const [, features] = draft.shape as Pair;
    const outputs = 1 + draft.integer(9);
    const transB = draft.chance(0.7);
    const parameters = [
      { shape: transB ? [outputs, features] : [features, outputs], kind: 'weight' } as const,
    ];
    const bias = { shape: [outputs], kind: 'weight' } as const;
    draft.layer(
      'Gemm',
      { transA: false, transB },
      { parameters: draft.chance(0.7) ? [...parameters, bias] : parameters },
    );
  },
};

/** A network under construction. */
class Draft {
  private readonly seed: number;
  private readonly stream: RandomStream;
  private drawn = 0;
  /** Many images with many channels, for which convolutions are computed differently. */
  private readonly wide: boolean;
  private readonly shapes: Shape[];
  private readonly layers: LayerSpec[] = [];

  constructor(seed: number) {
    this.seed = seed;
    this.stream = new RandomStream(seed, 'network');
    this.wide = this.chance(0.15);
    const extent = () => (this.chance(0.15) ? 1 : 2 + this.integer(this.wide ? 5 : 12));
    const [images, channels] = this.wide
      ? [this.pick([8, 17]), 9 + this.integer(9)]
      : [1 + this.integer(3), 1 + this.integer(5)];
    this.shapes = [[images, channels, extent(), extent()]];
  }

  network(): NetworkSpec {
    return { seed: this.seed, image: this.shapes[0], layers: this.layers };
  }

  add(sequence: readonly Step[]): void {
    for (const step of sequence) steps[step](this);
  }

  get last(): number {
    return this.shapes.length - 1;
  }

  get shape(): Shape {
    return this.shapes[this.last];
  }

  /** Another value of the last one's shape. */
  earlier(): number | undefined {
    const same = this.shapes.slice(0, -1).flatMap((shape, i) => (`${shape}` === `${this.shape}` ? [i] : []));
    return same.length === 0 ? undefined : this.pick(same);
  }

  layer(
    operator: LayerName,
    attributes: object,
    { inputs = [this.last], parameters = [] as readonly ParameterSpec[] } = {},
  ): void {
    const shapes = [...inputs.map((input) => this.shapes[input]), ...parameters.map(({ shape }) => shape)];
    const types = shapes.map((shape) => ({ shape, dtype: 'float32' as const }));
    try {
      const graph = new Graph('training');
      const values = types.map((type, i) => graph.input(`${i}`, type, 'batch'));
      const output = applyLayer(operator, values, attributes);
      if (sizeOf(output.shape) === 0 || sizeOf(output.shape) > MOST_ELEMENTS * (this.wide ? 4 : 1)) return;
      this.layers.push({ operator, inputs, parameters, attributes });
      this.shapes.push(output.shape);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }

  conv({ depthwise = false }): void {
    const channels = this.shape[1];
    const group = depthwise
      ? channels
      : this.pick([1, 2, 3, channels].filter((each) => channels % each === 0));
    const perGroup = this.pick(depthwise ? [1, 2] : this.wide ? [4, 16, 130] : [1, 2, 3, 5]);
    const kernel = this.pair(1, 4);
    this.convolve(group, group * (group > 1 ? Math.min(perGroup, 3) : perGroup), kernel, {
      strides: this.pair(1, 3),
      pads: this.pads(this.chance(0.1) ? 5 : 2),
      dilations: this.pair(1, 2),
    });
  }

  sameConv(): void {
    const kernel = this.pick([1, 3]);
    const pad = (kernel - 1) / 2;
    const window = { strides: [1, 1], pads: [pad, pad, pad, pad], dilations: [1, 1] };
    this.convolve(1, this.shape[1], [kernel, kernel], window);
  }

  private convolve(group: number, outputs: number, kernel: Pair, window: object): void {
    const weight = { shape: [outputs, this.shape[1] / group, ...kernel], kind: 'weight' } as const;
    const bias = { shape: [outputs], kind: 'weight' } as const;
    const parameters = this.chance(0.5) ? [weight, bias] : [weight];
    this.layer('Conv', { ...window, group }, { parameters });
  }

  withChannels(operator: 'Add' | 'Sub' | 'Mul'): void {
    const channels = this.shape[1];
    const shape = this.pick([[channels, 1, 1], [1, channels, 1, 1], [1, 1, 1], []]);
    this.layer(operator, {}, { parameters: [{ shape, kind: 'weight' }] });
  }

  /** PyTorch's windows: padding the same on both sides. */
  window() {
    const kernelShape = this.pair(1, 4);
    const [down, across] = kernelShape.map((extent) => this.integer(Math.floor(extent / 2) + 1)) as [
      number,
      number,
    ];
    const pads = [down, across, down, across];
    return { kernelShape, strides: this.pair(1, 3), pads, ceilMode: this.chance(0.5) };
  }

  pair(least: number, most: number): Pair {
    const one = () => least + this.integer(most - least + 1);
    const first = one();
    return [first, this.chance(0.6) ? first : one()];
  }

  pads(most: number): Pads {
    const one = () => this.integer(most + 1);
    const first = one();
    return this.chance(0.5) ? [first, first, first, first] : [first, one(), one(), one()];
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(list.length)];
  }

  chance(probability: number): boolean {
    return this.stream.uniform(this.drawn++) < probability;
  }

  integer(bound: number): number {
    return this.stream.integer(this.drawn++, bound);
  }
}
