// Matrix products of fully connected layers: forward pass, gradient of the input, gradient of the weights.
//
// Two ways of going through the matrices, both along their rows:
// - dot: B is given as [N, K], as weights are in the forward pass; rows of A and B are multiplied and summed.
// - outer: B is given as [K, N]; multiples of rows of B are added to rows of the result.
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { dotProduct } from './gemm-dot.ts';
import { outerProduct } from './gemm-outer.ts';
import type { Product } from './gemm-product.ts';

type Attributes = FusedAttributes['Gemm'];

export const gemmRule: KernelRule<Attributes> = {
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => plain), outputs: [plain] }),
  kernel: gemmKernel,
};

function gemmKernel({ attributes, inputs: [a, , c], outputs: [y], target }: Request<Attributes>): Kernel {
  const { transA, transB, epilogue } = attributes;
  const [rows, columns] = y.shape as readonly [number, number];
  const inner = a.shape[transA ? 0 : 1];
  return matrixProduct({ rows, columns, inner, transA, transB, bias: c !== undefined, epilogue, target });
}

/** The kernel of a product whose operands are plain. */
export function matrixProduct(product: Product): Kernel {
  const { rows, columns, inner, transB } = product;
  return { ...(transB ? dotProduct(product) : outerProduct(product)), flops: 2 * rows * columns * inner };
}
