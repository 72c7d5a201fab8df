// Batch normalization by given statistics, and the same as one factor and one shift for each channel.
import type { BatchNormalizationAttributes } from '../../../../ops/batch-normalization.ts';
import { literal } from '../../compiler/c.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { blocksOf, image, plain } from '../../compiler/layout.ts';
import { inverseRoot } from '../reduction/statistics.ts';
import { at, pixelLoop, planePointers, readImage, writtenImage } from '../rows.ts';

export const batchNormalizationRule: KernelRule<BatchNormalizationAttributes> = {
  layouts: () => ({ inputs: [image, plain, plain, plain, plain], outputs: [image] }),
  kernel: inferenceKernel,
  inPlace: () => [[0, 0]],
};

export const foldStatisticsRule: KernelRule<FusedAttributes['FoldStatistics']> = {
  layouts: () => ({ inputs: [plain, plain, plain, plain], outputs: [plain, plain] }),
  kernel: foldKernel,
};

const ofChannels = ['scale', 'bias', 'mean', 'variance'].map((name) => `const float *${name}`);

/** Beyond the last channel scale and bias are zero, and so is the result. */
function inferenceKernel({
  attributes,
  inputs,
  outputs,
  target,
}: Request<BatchNormalizationAttributes>): Kernel {
  const images = [readImage('x', inputs[0], target), writtenImage('y', outputs[0], target)];
  const { geometry } = images[0];
  const loop = pixelLoop(images, {
    body: (i) => `STORE(${at('y', i)}, (LOAD(${at('x', i)}) - center) * factor + shift);`,
  });
  const body = code`
    CHUNK(${geometry.images * geometry.blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      const long channel = plane % ${geometry.blocks} * LANES;
      ${planePointers(images, 'plane')}
      const vec inverse = NAME_inverse_root(LOAD(variance + channel) + ${literal(attributes.epsilon)});
      const vec center = LOAD(mean + channel), factor = LOAD(scale + channel) * inverse, shift = LOAD(bias + channel);
      ${loop}
    }
  `;
  const operands = ['const float *x', ...ofChannels, 'float *y'];
  return { code: `${inverseRoot}${kernelFunction(operands, body)}`, flops: 3 * geometry.size };
}

function foldKernel({ attributes, inputs, target }: Request<FusedAttributes['FoldStatistics']>): Kernel {
  const body = code`
    CHUNK(${blocksOf(inputs[0].shape[0], target.lanes)}, first, end);
    for (long channel = first * LANES; channel < end * LANES; channel += LANES) {
      const vec inverse = NAME_inverse_root(LOAD(variance + channel) + ${literal(attributes.epsilon)});
      const vec folded = LOAD(scale + channel) * inverse;
      STORE(factor + channel, folded);
      STORE(shift + channel, LOAD(bias + channel) - LOAD(mean + channel) * folded);
    }
  `;
  return { code: `${inverseRoot}${kernelFunction([...ofChannels, 'float *factor', 'float *shift'], body)}` };
}
