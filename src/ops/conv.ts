// Convolution (in the sense of the field: cross-correlation) and its two gradients.
//   Y[n, p, i, j] = b[p] + sum over d, u, v of W[p, d, u, v] X[n, d, i s - t + u, j s - t + v]
// with stride s and padding t (zeros outside the image); with groups, output channel p depends on the channels of its group.
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016.
import type { Operator, Value } from '../graph/graph.ts';
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

export type ConvAttributes = WindowAttributes & {
  /** Number of groups of channels (default: 1). */
  readonly group: number;
};
export type ConvGradInputAttributes = ConvAttributes & { readonly inputShape: Shape };
export type ConvGradWeightAttributes = ConvAttributes & { readonly weightShape: Shape };

/** Images `[N, C, H, W]`, weights `[K, C / group, U, V]`, optional bias `[K]` -> `[N, K, H', W']`. */
export const Conv: Operator<ConvAttributes, [x: 'float32', weight: 'float32', bias?: 'float32']> = {
  name: 'Conv',

  infer(inputs, attributes) {
    checkFloats('Conv', inputs, 2, 3);
    const [x, weight, bias] = inputs;
    checkRank('Conv', 'input', x, '[N, C, H, W]');
    checkRank('Conv', 'weight', weight, '[K, C / group, U, V]');
    checkWindow('Conv', kernelExtent(weight.shape), attributes);
    checkChannels(x.shape, weight.shape, attributes.group);
    const outputs = weight.shape[0];
    if (bias) checkShape('Conv', 'bias', bias, [outputs]);
    const extent = outputExtent('Conv', x.shape, kernelExtent(weight.shape), attributes);
    return [{ shape: [x.shape[0], outputs, ...extent], dtype: 'float32' }];
  },

  compute({ inputs: [x, weight, bias], outputs: [y], attributes }) {
    if (bias) fillChannels(y, bias);
    const [image, weights, result] = [x.data, weight.data, y.data];
    forEachWeight(x.shape, weight.shape, y.shape, attributes, (weightOffset, products) => {
      const factor = weights[weightOffset];
      for (let i = 0; i < products.rows; i++) {
        let xOffset = products.xStart + i * products.xRowStride;
        let yOffset = products.yStart + i * products.yRowStride;
        const end = yOffset + products.columns;
        for (; yOffset < end; yOffset++, xOffset += products.xColumnStride)
          result[yOffset] += factor * image[xOffset];
      }
    });
  },

  gradient({ inputs: [x, weight, bias], attributes, outputGradients: [dy], needsGradient }) {
    const inputAttributes = { ...attributes, inputShape: x.shape };
    const weightAttributes = { ...attributes, weightShape: weight.shape };
    return [
      needsGradient[0] ? dy.graph.apply(ConvGradInput, [dy, weight], inputAttributes) : undefined,
      needsGradient[1] ? dy.graph.apply(ConvGradWeight, [x, dy], weightAttributes) : undefined,
      bias && needsGradient[2] ? reduceSum(dy, { axes: [0, 2, 3], keepDims: false }) : undefined,
    ];
  },

  cost([, weight, bias], [y]) {
    const positions = y.shape[0] * y.shape[2] * y.shape[3];
    const macs = positions * weight.shape.reduce((product, extent) => product * extent, 1);
    const biasAdds = bias ? positions * weight.shape[0] : 0;
    return { macs, biasAdds, paddleFlops: macs + biasAdds };
  },

  window: ([, weight], attributes) => windowOf(kernelExtent(weight.shape), attributes),
};

/** Gradient of `Conv` with respect to its input: output gradient `[N, K, H', W']`, weights -> `inputShape`. */
export const ConvGradInput: Operator<ConvGradInputAttributes, [dy: 'float32', weight: 'float32']> = {
  name: 'ConvGradInput',

  infer(inputs, attributes) {
    checkFloats('ConvGradInput', inputs, 2);
    const [dy, weight] = inputs as readonly [Value, Value];
    checkOutputShape('ConvGradInput', dy.shape, attributes.inputShape, weight.shape, attributes);
    return [{ shape: attributes.inputShape, dtype: 'float32' }];
  },

  compute({ inputs: [dy, weight], outputs: [dx], attributes }) {
    const [gradient, weights, result] = [dy.data, weight.data, dx.data];
    forEachWeight(dx.shape, weight.shape, dy.shape, attributes, (weightOffset, products) => {
      const factor = weights[weightOffset];
      for (let i = 0; i < products.rows; i++) {
        let xOffset = products.xStart + i * products.xRowStride;
        let yOffset = products.yStart + i * products.yRowStride;
        const end = yOffset + products.columns;
        for (; yOffset < end; yOffset++, xOffset += products.xColumnStride)
          result[xOffset] += factor * gradient[yOffset];
      }
    });
  },

  gradient: null,

  cost([dy, weight]) {
    return { macs: dy.shape[0] * dy.shape[2] * dy.shape[3] * weight.shape.reduce((a, b) => a * b, 1) };
  },
};

/** Gradient of `Conv` with respect to its weights: input, output gradient `[N, K, H', W']` -> `weightShape`. */
export const ConvGradWeight: Operator<ConvGradWeightAttributes, [x: 'float32', dy: 'float32']> = {
  name: 'ConvGradWeight',

  infer(inputs, attributes) {
    checkFloats('ConvGradWeight', inputs, 2);
    const [x, dy] = inputs as readonly [Value, Value];
    checkOutputShape('ConvGradWeight', dy.shape, x.shape, attributes.weightShape, attributes);
    return [{ shape: attributes.weightShape, dtype: 'float32' }];
  },

  compute({ inputs: [x, dy], outputs: [dw], attributes }) {
    const [image, gradient, sums] = [x.data, dy.data, new Float64Array(dw.data.length)];
    forEachWeight(x.shape, dw.shape, dy.shape, attributes, (weightOffset, products) => {
      let sum = 0;
      for (let i = 0; i < products.rows; i++) {
        let xOffset = products.xStart + i * products.xRowStride;
        let yOffset = products.yStart + i * products.yRowStride;
        const end = yOffset + products.columns;
        for (; yOffset < end; yOffset++, xOffset += products.xColumnStride)
          sum += image[xOffset] * gradient[yOffset];
      }
      sums[weightOffset] += sum;
    });
    dw.data.set(sums);
  },

  gradient: null,

  cost([, dy], _outputs, { weightShape }) {
    return { macs: dy.shape[0] * dy.shape[2] * dy.shape[3] * weightShape.reduce((a, b) => a * b, 1) };
  },
};

/**
 * 2-D convolution of `x` `[N, C, H, W]` with `weight` `[K, C / group, U, V]` -> `[N, K, H', W']`, as
 * torch.nn.functional.conv2d.
 * @param bias optional, `[K]`
 * @param attributes `strides` (default: [1, 1]), `pads` [top, left, bottom, right] (default: 0), `dilations`
 *   (default: [1, 1]), `group` (default: 1)
 * @throws ShapeError if the channels do not match the weight or the kernel does not fit the padded image
 * @example
 * const y = conv(images, weight, bias, { pads: [1, 1, 1, 1] });
 */
export function conv(x: Value, weight: Value, bias?: Value, attributes: Partial<ConvAttributes> = {}): Value {
  return x.graph.apply(Conv, bias ? [x, weight, bias] : [x, weight], {
    ...defaultWindow,
    group: 1,
    ...attributes,
  });
}

function kernelExtent(weight: Shape): Pair {
  return [weight[2], weight[3]];
}

function checkChannels(x: Shape, weight: Shape, group: number): void {
  const [channels, outputs, perGroup] = [x[1], weight[0], weight[1]];
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
  checkShape(operator, 'output gradient', floatType(dy), y.shape);
}

function fillChannels(y: Tensor, bias: Tensor): void {
  const plane = y.shape[2] * y.shape[3];
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = bias.data[Math.floor(i / plane) % bias.data.length];
  }
}

/**
 * The products that one weight takes part in for one image: `rows` x `columns` pairs of an input and an output element.
 */
interface Products {
  rows: number;
  columns: number;
  /** Offsets of the first pair. */
  xStart: number;
  yStart: number;
  /** Offset from one row or column to the next; output columns are adjacent. */
  readonly xRowStride: number;
  readonly xColumnStride: number;
  readonly yRowStride: number;
}

/**
 * Calls `visit` for every image and weight with the products that the formula sums, in the order n, p, d, u, v.
 * All calls share one object: for small images allocating it would cost more than the products.
 */
function forEachWeight(
  x: Shape,
  weight: Shape,
  y: Shape,
  attributes: ConvAttributes,
  visit: (weightOffset: number, products: Readonly<Products>) => void,
): void {
  const [images, channels, height, width] = x as [number, number, number, number];
  const [outputs, perGroup, kernelHeight, kernelWidth] = weight as [number, number, number, number];
  const [, , outputHeight, outputWidth] = y as [number, number, number, number];
  const products: Products = {
    rows: 0,
    columns: 0,
    xStart: 0,
    yStart: 0,
    xRowStride: attributes.strides[0] * width,
    xColumnStride: attributes.strides[1],
    yRowStride: outputWidth,
  };
  const rowTaps = tapsAlong(0, x, weight, y, attributes);
  const columnTaps = tapsAlong(1, x, weight, y, attributes);
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < outputs; p++) {
      const firstChannel = Math.floor(p / (outputs / attributes.group)) * perGroup;
      const yPlane = (n * outputs + p) * outputHeight * outputWidth;
      for (let d = 0; d < perGroup; d++) {
        const xPlane = (n * channels + firstChannel + d) * height * width;
        for (let u = 0; u < kernelHeight; u++) {
          const row = rowTaps[u];
          for (let v = 0; v < kernelWidth; v++) {
            const column = columnTaps[v];
            products.rows = row.count;
            products.columns = column.count;
            products.xStart = xPlane + row.start * width + column.start;
            products.yStart = yPlane + row.first * outputWidth + column.first;
            visit(((p * perGroup + d) * kernelHeight + u) * kernelWidth + v, products);
          }
        }
      }
    }
  }
}

/** The output positions along one axis at which a row or column of the kernel reads the image rather than padding. */
interface Tap {
  /** First output position, and their number. */
  readonly first: number;
  readonly count: number;
  /** Input position read at the first of them. */
  readonly start: number;
}

function tapsAlong(axis: 0 | 1, x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes): Tap[] {
  const [stride, pad, dilation] = [
    attributes.strides[axis],
    attributes.pads[axis],
    attributes.dilations[axis],
  ];
  return Array.from({ length: weight[axis + 2] }, (_, u) => {
    const shift = u * dilation - pad;
    const first = Math.max(0, Math.ceil(-shift / stride));
    const end = Math.min(y[axis + 2], Math.floor((x[axis + 2] - 1 - shift) / stride) + 1);
    return { first, count: Math.max(0, end - first), start: first * stride + shift };
  });
}
