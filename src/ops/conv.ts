// Convolution, which here as everywhere in the field is cross-correlation, and its two gradients.
//   Y[n, p, i, j] = b[p] + sum over d, u, v of W[p, d, u, v] X[n, d, i s - t + u, j s - t + v]
// with stride s and padding t (zeros outside the image); with groups, output channel p sees the channels of its group.
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { check, checkFloats, checkRank, checkShape, floatType } from './check.ts';
import { reduceSum } from './reduce-sum.ts';
import {
  checkWindow,
  defaultWindow,
  outputExtent,
  type Pair,
  type WindowAttributes,
  windowOf,
} from './window.ts';

export type ConvAttributes = WindowAttributes & { readonly group: number };
export type ConvGradInputAttributes = ConvAttributes & { readonly inputShape: Shape };
export type ConvGradWeightAttributes = ConvAttributes & { readonly weightShape: Shape };

/** Images `[N, C, H, W]`, weights `[K, C / group, U, V]`, optional bias `[K]` -> `[N, K, H', W']`. */
export const Conv: Operator<ConvAttributes> = {
  name: 'Conv',

  infer(inputs, attributes) {
    checkFloats('Conv', inputs, 2, 3);
    const [x, weight, bias] = inputs as readonly [Value, Value, Value?];
    checkRank('Conv', 'input', x, '[N, C, H, W]');
    checkRank('Conv', 'weight', weight, '[K, C / group, U, V]');
    checkWindow('Conv', kernelOf(weight.shape), attributes);
    checkChannels(x.shape, weight.shape, attributes.group);
    const outputs = weight.shape[0]!;
    if (bias) checkShape('Conv', 'bias', bias, [outputs]);
    const extent = outputExtent('Conv', x.shape, kernelOf(weight.shape), attributes);
    return [{ shape: [x.shape[0]!, outputs, ...extent], dtype: 'float32' }];
  },

  compute({ inputs: [x, weight, bias], outputs: [y], attributes }) {
    if (bias) fillChannels(y!, bias);
    forEachTap(x!.shape, weight!.shape, y!.shape, attributes, (xAt, weightAt, yAt) => {
      y!.data[yAt]! += weight!.data[weightAt]! * x!.data[xAt]!;
    });
  },

  gradient({ inputs: [x, weight, bias], attributes, outputGradients: [dy], wanted }) {
    const inputAttributes = { ...attributes, inputShape: x!.shape };
    const weightAttributes = { ...attributes, weightShape: weight!.shape };
    return [
      wanted[0] ? dy!.graph.apply(ConvGradInput, [dy!, weight!], inputAttributes) : undefined,
      wanted[1] ? dy!.graph.apply(ConvGradWeight, [x!, dy!], weightAttributes) : undefined,
      bias && wanted[2] ? reduceSum(dy!, { axes: [0, 2, 3], keepDims: false }) : undefined,
    ];
  },

  cost([, weight, bias], [y]) {
    const positions = y!.shape[0]! * y!.shape[2]! * y!.shape[3]!;
    const macs = positions * weight!.shape.reduce((product, extent) => product * extent, 1);
    const biasAdds = bias ? positions * weight!.shape[0]! : 0;
    return { macs, biasAdds, paddleFlops: macs + biasAdds };
  },

  window: ([, weight], attributes) => windowOf(kernelOf(weight!.shape), attributes),
};

/** Gradient of `Conv` with respect to its input: output gradient `[N, K, H', W']`, weights -> `inputShape`. */
export const ConvGradInput: Operator<ConvGradInputAttributes> = {
  name: 'ConvGradInput',

  infer(inputs, attributes) {
    checkFloats('ConvGradInput', inputs, 2);
    const [dy, weight] = inputs as readonly [Value, Value];
    checkOutputShape('ConvGradInput', dy.shape, attributes.inputShape, weight.shape, attributes);
    return [{ shape: attributes.inputShape, dtype: 'float32' }];
  },

  compute({ inputs: [dy, weight], outputs: [dx], attributes }) {
    forEachTap(dx!.shape, weight!.shape, dy!.shape, attributes, (xAt, weightAt, yAt) => {
      dx!.data[xAt]! += weight!.data[weightAt]! * dy!.data[yAt]!;
    });
  },

  gradient: null,

  cost([dy, weight]) {
    return { macs: dy!.shape[0]! * dy!.shape[2]! * dy!.shape[3]! * weight!.shape.reduce((a, b) => a * b, 1) };
  },
};

/** Gradient of `Conv` with respect to its weights: input, output gradient `[N, K, H', W']` -> `weightShape`. */
export const ConvGradWeight: Operator<ConvGradWeightAttributes> = {
  name: 'ConvGradWeight',

  infer(inputs, attributes) {
    checkFloats('ConvGradWeight', inputs, 2);
    const [x, dy] = inputs as readonly [Value, Value];
    checkOutputShape('ConvGradWeight', dy.shape, x.shape, attributes.weightShape, attributes);
    return [{ shape: attributes.weightShape, dtype: 'float32' }];
  },

  compute({ inputs: [x, dy], outputs: [dw], attributes }) {
    const sums = new Float64Array(dw!.data.length);
    forEachTap(x!.shape, dw!.shape, dy!.shape, attributes, (xAt, weightAt, yAt) => {
      sums[weightAt]! += x!.data[xAt]! * dy!.data[yAt]!;
    });
    dw!.data.set(sums);
  },

  gradient: null,

  cost([, dy], _outputs, { weightShape }) {
    return { macs: dy!.shape[0]! * dy!.shape[2]! * dy!.shape[3]! * weightShape.reduce((a, b) => a * b, 1) };
  },
};

/** Convolution of `x` `[N, C, H, W]` with `weight` `[K, C / group, U, V]` and an optional `bias` `[K]`. */
export function conv(x: Value, weight: Value, bias?: Value, attributes: Partial<ConvAttributes> = {}): Value {
  const inputs = bias ? [x, weight, bias] : [x, weight];
  return x.graph.apply(Conv, inputs, { ...defaultWindow, group: 1, ...attributes });
}

function kernelOf(weight: Shape): Pair {
  return [weight[2]!, weight[3]!];
}

function checkChannels(x: Shape, weight: Shape, group: number): void {
  const [channels, outputs, perGroup] = [x[1]!, weight[0]!, weight[1]!];
  check(
    'Conv',
    group > 0 && channels === perGroup * group && outputs % group === 0,
    () =>
      `has input ${formatShape(x)}, weight ${formatShape(weight)} and group ${group}; the input's channels must be ` +
      `weight axis 1 x group (${perGroup} x ${group}) and the weight's ${outputs} outputs divisible by group.`,
  );
}

function checkOutputShape(
  operator: string,
  dy: Shape,
  x: Shape,
  weight: Shape,
  attributes: ConvAttributes,
): void {
  const [y] = Conv.infer([floatType(x), floatType(weight)], attributes);
  checkShape(operator, 'output gradient', floatType(dy), y!.shape);
}

function fillChannels(y: Tensor, bias: Tensor): void {
  const plane = y.shape[2]! * y.shape[3]!;
  for (let at = 0; at < y.data.length; at++) {
    y.data[at] = bias.data[Math.floor(at / plane) % bias.data.length]!;
  }
}

/** Calls `visit` with the flat places in input, weights and output of every product that the formula adds up. */
function forEachTap(
  x: Shape,
  weight: Shape,
  y: Shape,
  { strides, pads, dilations, group }: ConvAttributes,
  visit: (xAt: number, weightAt: number, yAt: number) => void,
): void {
  const [images, channels, height, width] = x as [number, number, number, number];
  const [outputs, perGroup, kernelHeight, kernelWidth] = weight as [number, number, number, number];
  const [, , outputHeight, outputWidth] = y as [number, number, number, number];
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < outputs; p++) {
      const firstChannel = Math.floor(p / (outputs / group)) * perGroup;
      for (let i = 0; i < outputHeight; i++) {
        for (let j = 0; j < outputWidth; j++) {
          const yAt = ((n * outputs + p) * outputHeight + i) * outputWidth + j;
          for (let d = 0; d < perGroup; d++) {
            for (let u = 0; u < kernelHeight; u++) {
              const row = i * strides[0] - pads[0] + u * dilations[0];
              if (row < 0 || row >= height) continue;
              for (let v = 0; v < kernelWidth; v++) {
                const column = j * strides[1] - pads[1] + v * dilations[1];
                if (column < 0 || column >= width) continue;
                const xAt = ((n * channels + firstChannel + d) * height + row) * width + column;
                visit(xAt, ((p * perGroup + d) * kernelHeight + u) * kernelWidth + v, yAt);
              }
            }
          }
        }
      }
    }
  }
}
