// Gradient of batch normalization, after its prologue: the gradient of the activation behind it. With g the prologue's result,
// P values per channel, and d = x - mean:
//   dbias = sum g, dscale = inverse sum g d,  dx = scale inverse (g - dbias / P - d inverse^2 (sum g d) / P)
import { operandsOf } from '../../../../expressions/expression.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { image, plain } from '../../compiler/layout.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';
import { ACCUMULATORS, accumulated, accumulators, inverseOf, staged } from '../reduction/statistics.ts';
import { at, type Image, parametersOf, pixelLoop, planePointers, readImage, writtenImage } from '../rows.ts';

type Attributes = FusedAttributes['BatchNormalizationGrad'];

export const batchNormalizationGradRule: KernelRule<Attributes> = {
  layouts: ({ attributes }) => ({
    inputs: [image, image, plain, plain, plain, ...(readsFurther(attributes) ? [image] : [])],
    outputs: [image, plain, plain, ...(attributes.emitsGradient ? [image] : [])],
  }),
  kernel: gradKernel,
  inPlace(attributes) {
    const images = [0, 1, ...(readsFurther(attributes) ? [5] : [])];
    const emitted = attributes.emitsGradient ? images.filter((input) => input !== 1) : [];
    return [...images.map((input) => [input, 0] as const), ...emitted.map((input) => [input, 3] as const)];
  },
};

/** Whether the prologue has a further operand, the last input. */
function readsFurther({ prologue }: Attributes): boolean {
  return prologue !== undefined && operandsOf(prologue).includes(1);
}

function gradKernel({ attributes, inputs, outputs, target }: Request<Attributes>): Kernel {
  const { prologue, emitsGradient } = attributes;
  const further = readsFurther(attributes);
  const dy = readImage('dy', inputs[0], target);
  const x = readImage('x', inputs[1], target);
  const read = [dy, x, ...(further ? [readImage('y', inputs[5], target)] : [])];
  const written = [
    writtenImage('dx', outputs[0], target),
    ...(emitsGradient ? [writtenImage('gradient', outputs[3], target)] : []),
  ];
  const { images, blocks, channels, height, width } = x.geometry;
  const names = (list: readonly Image[]) => list.map(({ name }) => name).join(', ');
  const body = staged(x.geometry, target, {
    measure: `NAME_measure(${names(read)}, plane, LOAD(mean + block * LANES), partial + plane * 2 * LANES);`,
    join: joinSums(x),
    apply: `NAME_apply(${names([...read, ...written])}, plane, LOAD(mean + channel), factor, offset, slope);`,
  });
  const operands = [
    ...['dy', 'x', 'scale', 'mean', 'inverse', ...(further ? ['y'] : [])].map(
      (name) => `const float *${name}`,
    ),
    ...['dx', 'dscale', 'dbias', ...(emitsGradient ? ['gradient'] : []), 'partial'].map(
      (name) => `float *${name}`,
    ),
  ];
  const functions = [
    prologue ? formulaFunction('prologue', prologue, further ? 2 : 1) : '',
    measureFunction(read, attributes),
    applyFunction([...read, ...written], attributes),
  ];
  return {
    code: `${functions.join('')}${kernelFunction(operands, body)}`,
    workspace: images * blocks * 2 * target.lanes,
    flops: 10 * images * channels * height * width,
  };
}

/** C for g at pixel `i`. */
function gradientAt(i: string, attributes: Attributes): string {
  const operands = ['dy', ...(readsFurther(attributes) ? ['y'] : [])].map((name) => `LOAD(${at(name, i)})`);
  return attributes.prologue ? `NAME_prologue(${operands.join(', ')})` : operands[0];
}

/** `NAME_measure`: the sums of g and of g (x - mean) over a plane. */
function measureFunction(read: readonly Image[], attributes: Attributes): string {
  const loop = pixelLoop(read, {
    before: `${accumulators('sum')}\n${accumulators('product')}`,
    body: (i, copy) => code`
      {
        const vec gradient = ${gradientAt(i, attributes)};
        sum${copy} += gradient;
        product${copy} += gradient * (LOAD(${at('x', i)}) - mean);
      }
    `,
    after: `sums += ${accumulated('sum')};\nproducts += ${accumulated('product')};`,
    unroll: ACCUMULATORS,
  });
  return code`
    static void NAME_measure(${parametersOf(read)}, long plane, vec mean, float *partial) {
      ${planePointers(read, 'plane')}
      vec sums = ZERO, products = ZERO;
      ${loop}
      STORE(partial, sums);
      STORE(partial + LANES, products);
    }
  `;
}

function joinSums({ geometry: { images, blocks, height, width } }: Image): string {
  const inverseCount = inverseOf(images * height * width);
  return code`
    const long channel = block * LANES;
    vec sums = ZERO, products = ZERO;
    for (long image = 0; image < ${images}; image++) {
      const float *part = partial + (image * ${blocks} + block) * 2 * LANES;
      sums += LOAD(part);
      products += LOAD(part + LANES);
    }
    const vec deviation = LOAD(inverse + channel), factor = LOAD(scale + channel) * deviation;
    const vec offset = sums * ${inverseCount}, slope = products * deviation * deviation * ${inverseCount};
    if (keeps) {
      STORE(dscale + channel, products * deviation);
      STORE(dbias + channel, sums);
    }
  `;
}

/** `NAME_apply`: the gradient of the input over a plane. */
function applyFunction(images: readonly Image[], attributes: Attributes): string {
  const loop = pixelLoop(images, {
    body: (i) => code`
      const vec value = ${gradientAt(i, attributes)};
      const vec centered = value - offset - (LOAD(${at('x', i)}) - mean) * slope;
      ${attributes.emitsGradient ? `STORE(${at('gradient', i)}, value);` : ''}
      STORE(${at('dx', i)}, factor * centered);
    `,
  });
  return code`
    static void NAME_apply(${parametersOf(images)}, long plane, vec mean, vec factor, vec offset, vec slope) {
      ${planePointers(images, 'plane')}
      ${loop}
    }
  `;
}
