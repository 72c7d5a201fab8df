// Kernels that only copy: the same elements under another shape, and repeated ones.
import type { ExpandAttributes } from '../../../../ops/reduce-sum.ts';
import type { ReshapeAttributes } from '../../../../ops/reshape.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { imageLayouts, mapKernel } from '../elementwise/map.ts';
import type { Mapping } from '../elementwise/mapping.ts';

export const identity: Mapping = { formula: ([x]) => x, zeroFrom: 'all inputs' };

/** Row-major tensors of as many elements are the same storage. */
export const reshapeRule: KernelRule<ReshapeAttributes> = {
  layouts: () => ({ inputs: [plain], outputs: [plain] }),
  kernel: (request) => mapKernel(identity, request),
  inPlace: () => [[0, 0]],
};

/** What is repeated to images is mostly one number for each channel, whose gradient is wanted as an image. */
export const expandRule: KernelRule<ExpandAttributes> = {
  layouts: imageLayouts,
  kernel: (request) => mapKernel(identity, request),
};
