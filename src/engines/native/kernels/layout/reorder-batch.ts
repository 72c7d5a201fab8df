// Between row-major tensors and those with images in the lanes: each block of images is a matrix that is transposed.
import { sizeOf } from '../../../../tensor/shape.ts';
import { kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Request } from '../../compiler/kernel.ts';
import { transposeMatrices } from './transpose.ts';

/** From plain to batch, or back. */
export function reorderBatch({ outputs: [y], target: { lanes } }: Request<object>): Kernel {
  const [images, ...extents] = y.shape as readonly [number, ...number[]];
  const [count, size] = [images / lanes, sizeOf(extents)];
  const [rows, columns] = y.layout.kind === 'batch' ? [lanes, size] : [size, lanes];
  const body = transposeMatrices({ count, rows, columns }, 'x', 'y', lanes);
  return { code: kernelFunction(['const float *x', 'float *y'], body) };
}
