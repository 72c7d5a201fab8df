// Batch normalization in training, and its epilogue: the addition of a shortcut, an activation.
//
// Mean and squared deviations of a plane are taken in two passes over it, and joined by Chan's formula:
//   mean <- mean + d / (n + 1), squares <- squares + squares' + d^2 P n / (n + 1), d = mean' - mean,
// for image n of P pixels. Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm", 1979.
import { literal } from '../../compiler/c.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { image, plain } from '../../compiler/layout.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';
import { firstLanes, needsClearing } from '../lanes.ts';
import {
  ACCUMULATORS,
  accumulated,
  accumulators,
  inverseOf,
  inverseRoot,
  staged,
} from '../reduction/statistics.ts';
import {
  at,
  type Image,
  parametersOf,
  pixelLoop,
  planePointer,
  planePointers,
  readImage,
  writtenImage,
} from '../rows.ts';

type Attributes = FusedAttributes['BatchNormalizationTraining'];

export const batchNormalizationTrainingRule: KernelRule<Attributes> = {
  layouts: ({ attributes }) => ({
    inputs: [image, plain, plain, plain, plain, ...(attributes.residual ? [image] : [])],
    outputs: [image, plain, plain, plain, plain],
  }),
  kernel: trainingKernel,
  inPlace: ({ residual }) => [[0, 0], ...(residual ? [[5, 0] as const] : []), [3, 1], [4, 2]],
};

function trainingKernel({ attributes, inputs, outputs, target }: Request<Attributes>): Kernel {
  const { residual, epilogue } = attributes;
  const x = readImage('x', inputs[0], target);
  const addend = residual ? [readImage('residual', inputs[5], target)] : [];
  const y = writtenImage('y', outputs[0], target);
  const { images, blocks, channels, height, width } = x.geometry;
  const clears = needsClearing(epilogue, channels, target);
  const body = staged(x.geometry, target, {
    measure: 'NAME_measure(x, plane, partial + plane * 2 * LANES);',
    join: code`
      ${joinStatistics(attributes, x)}
      ${clears ? `const mask valid = NAME_first(${channels} - channel);` : ''}
    `,
    apply: `NAME_apply(x, ${residual ? 'residual, ' : ''}y, plane, mean, factor, shift${clears ? ', valid' : ''});`,
  });
  const names = [
    ...['x', 'scale', 'bias', 'running_mean', 'running_variance', ...(residual ? ['residual'] : [])].map(
      (name) => `const float *${name}`,
    ),
    ...['y', 'next_mean', 'next_variance', 'batch_mean', 'batch_inverse', 'partial'].map(
      (name) => `float *${name}`,
    ),
  ];
  const functions = [
    channels % target.lanes === 0 ? '' : firstLanes(target),
    epilogue ? formulaFunction('epilogue', epilogue, residual ? 2 : 1) : '',
    inverseRoot,
    measureFunction(x),
    applyFunction([x, ...addend, y], finished(attributes, clears), clears),
  ];
  return {
    code: `${functions.join('')}${kernelFunction(names, body)}`,
    workspace: images * blocks * 2 * target.lanes,
    flops: 8 * images * channels * height * width,
  };
}

/** `NAME_measure`: mean and sum of squared deviations of a plane. */
function measureFunction(x: Image): string {
  const { height, width } = x.geometry;
  const sumLoop = (term: (copy: number, value: string) => string) =>
    pixelLoop([x], {
      before: accumulators('sum'),
      body: (i, copy) => term(copy, `LOAD(${at('x', i)})`),
      after: `total += ${accumulated('sum')};`,
      unroll: ACCUMULATORS,
    });
  return code`
    static void NAME_measure(const float *x, long plane, float *partial) {
      ${planePointer(x, 'plane')}
      vec total = ZERO;
      ${sumLoop((copy, value) => `sum${copy} += ${value};`)}
      const vec mean = total * ${inverseOf(height * width)};
      total = ZERO;
      ${sumLoop((copy, value) => `{ const vec deviation = ${value} - mean; sum${copy} += deviation * deviation; }`)}
      STORE(partial, mean);
      STORE(partial + LANES, total);
    }
  `;
}

function joinStatistics({ epsilon, momentum }: Attributes, { geometry }: Image): string {
  const { images, blocks, channels, height, width, pixel } = geometry;
  const pixels = height * width;
  const count = images * pixels;
  const stored = channels % pixel === 0 ? 'inverse' : `KEEP(NAME_first(${channels} - channel), inverse)`;
  const average = (running: string, batch: string) =>
    `LOAD(${running} + channel) * ${literal(1 - momentum)} + ${batch}`;
  return code`
    const long channel = block * LANES;
    vec mean = ZERO, squares = ZERO;
    for (long image = 0; image < ${images}; image++) {
      const float *part = partial + (image * ${blocks} + block) * 2 * LANES;
      const vec difference = LOAD(part) - mean;
      mean += difference * (1.0f / (image + 1));
      squares += LOAD(part + LANES) + difference * difference * (${literal(pixels)} * image / (image + 1));
    }
    const vec inverse = NAME_inverse_root(squares * ${inverseOf(count)} + ${literal(epsilon)});
    const vec factor = LOAD(scale + channel) * inverse, shift = LOAD(bias + channel);
    if (keeps) {
      STORE(batch_mean + channel, mean);
      STORE(batch_inverse + channel, ${stored});
      STORE(next_mean + channel, ${average('running_mean', `mean * ${literal(momentum)}`)});
      STORE(next_variance + channel, ${average('running_variance', `squares * ${literal(momentum / (count - 1))}`)});
    }
  `;
}

/** C for what is stored of the normalized `value` at pixel `i`. */
function finished({ residual, epilogue }: Attributes, clears: boolean): (i: string) => string {
  const operands = (i: string): string => (residual ? `value, LOAD(${at('residual', i)})` : 'value');
  const result = (i: string): string => (epilogue ? `NAME_epilogue(${operands(i)})` : 'value');
  return (i) => (clears ? `KEEP(valid, ${result(i)})` : result(i));
}

/** `NAME_apply`: the normalized plane, after the epilogue. */
function applyFunction(images: readonly Image[], stored: (i: string) => string, clears: boolean): string {
  const loop = pixelLoop(images, {
    body: (i) => code`
      const vec value = (LOAD(${at('x', i)}) - mean) * factor + shift;
      STORE(${at('y', i)}, ${stored(i)});
    `,
  });
  return code`
    static void NAME_apply(${parametersOf(images)}, long plane, vec mean, vec factor, vec shift${clears ? ', mask valid' : ''}) {
      ${planePointers(images, 'plane')}
      ${loop}
    }
  `;
}
