// Kernels that only copy: the same elements under another shape, and repeated ones.
import type { ExpandAttributes } from '../../../../ops/reduce-sum.ts';
import type { ReshapeAttributes } from '../../../../ops/reshape.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { identity, imageLayouts, mapKernel } from '../elementwise/elementwise.ts';

/** Row-major tensors of as many elements are the same storage. */
export const reshapeRule: KernelRule<ReshapeAttributes> = {
  layouts: () => ({ inputs: [plain], outputs: [plain] }),
  kernel: (request) => mapKernel({ formulas: identity, ...request }),
  inPlace: () => [[0, 0]],
};

/** What is repeated to images is mostly one number for each channel, whose gradient is wanted as an image. */
export const expandRule: KernelRule<ExpandAttributes> = {
  layouts: imageLayouts,
  kernel: (request) => mapKernel({ formulas: identity, ...request }),
};
