// Gradient of batch normalisation, with the activation's mask before it. With g the gradient that counts, P values per
// channel, and d = x - mean:
//   dbias = sum g, dscale = inverse sum g d,  dx = scale inverse (g - dbias / P - d inverse^2 (sum g d) / P)
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { code, kernelFunction } from '../../compiler/template.ts';
import { insideBounds } from '../elementwise/elementwise.ts';
import { image } from '../elementwise/map.ts';
import { ACCUMULATORS, accumulated, accumulators, inverseOf, staged } from '../reduction/statistics.ts';
import { at, type Image, parametersOf, pixelLoop, planePointers, readImage, writtenImage } from '../rows.ts';

type Attributes = FusedAttributes['BatchNormalizationGrad'];

export const batchNormalizationGradRule: KernelRule<Attributes> = {
  layouts: ({ attributes: { clip, passOn } }) => ({
    inputs: [image, image, plain, plain, plain, ...(clip ? [image] : [])],
    outputs: [image, plain, plain, ...(passOn ? [image] : [])],
  }),
  kernel: gradKernel,
  inPlace: ({ clip, passOn }) => [
    [0, 0],
    [1, 0],
    ...(clip ? [[5, 0] as const] : []),
    ...(passOn ? [[0, 3] as const] : []),
    ...(clip && passOn ? [[5, 3] as const] : []),
  ],
};

function gradKernel({ attributes, inputs, outputs, target }: Request<Attributes>): Kernel {
  const { clip, passOn } = attributes;
  const dy = readImage('dy', inputs[0], target);
  const x = readImage('x', inputs[1], target);
  const read = [dy, x, ...(clip ? [readImage('y', inputs[5], target)] : [])];
  const written = [
    writtenImage('dx', outputs[0], target),
    ...(passOn ? [writtenImage('passed', outputs[3], target)] : []),
  ];
  const { images, blocks, channels, height, width } = x.geometry;
  const names = (list: readonly Image[]) => list.map(({ name }) => name).join(', ');
  const body = staged(x.geometry, target, {
    measure: `NAME_measure(${names(read)}, plane, LOAD(mean + block * LANES), partial + plane * 2 * LANES);`,
    join: joinSums(x),
    apply: `NAME_apply(${names([...read, ...written])}, plane, LOAD(mean + channel), factor, offset, slope);`,
  });
  const operands = [
    ...['dy', 'x', 'scale', 'mean', 'inverse', ...(clip ? ['y'] : [])].map((name) => `const float *${name}`),
    ...['dx', 'dscale', 'dbias', ...(passOn ? ['passed'] : []), 'partial'].map((name) => `float *${name}`),
  ];
  const functions = [measureFunction(read, attributes), applyFunction([...read, ...written], attributes)];
  return {
    code: `${functions.join('')}${kernelFunction(operands, body)}`,
    workspace: images * blocks * 2 * target.lanes,
    flops: 10 * images * channels * height * width,
  };
}

/** C for the gradient that counts at pixel `i`. */
function gradientAt(i: string, { clip }: Attributes): string {
  const gradient = `LOAD(${at('dy', i)})`;
  return clip ? `KEEP(${insideBounds(`LOAD(${at('y', i)})`, clip)}, ${gradient})` : gradient;
}

/** `NAME_measure`: the sums of g and of g (x - mean) over a plane. */
function measureFunction(read: readonly Image[], attributes: Attributes): string {
  const loop = pixelLoop(read, {
    before: `${accumulators('sum')}\n${accumulators('product')}`,
    body: (i, turn) => code`
      {
        const vec gradient = ${gradientAt(i, attributes)};
        sum${turn} += gradient;
        product${turn} += gradient * (LOAD(${at('x', i)}) - mean);
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
  const share = inverseOf(images * height * width);
  return code`
    const long channel = block * LANES;
    vec sums = ZERO, products = ZERO;
    for (long image = 0; image < ${images}; image++) {
      const float *part = partial + (image * ${blocks} + block) * 2 * LANES;
      sums += LOAD(part);
      products += LOAD(part + LANES);
    }
    const vec deviation = LOAD(inverse + channel), factor = LOAD(scale + channel) * deviation;
    const vec offset = sums * ${share}, slope = products * deviation * deviation * ${share};
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
      const vec gradient = ${gradientAt(i, attributes)};
      const vec centered = gradient - offset - (LOAD(${at('x', i)}) - mean) * slope;
      ${attributes.passOn ? `STORE(${at('passed', i)}, gradient);` : ''}
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
