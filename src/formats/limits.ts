// What a weight file may take of the machine, so that no file, however made, takes all of it.

/** As many as 20 networks of the depth of ResNet-152. */
export const MAX_TENSORS = 20_000;

/** The most axes of an array in NumPy and PyTorch. */
export const MAX_RANK = 64;

/** Characters of the name of a tensor. */
export const MAX_NAME = 500;

/** Bytes of memory that any file may take, and how many times its own size a larger one may. */
const FREE_BYTES = 2 ** 27;
/** One byte for an element becomes four in memory; compression rarely halves trained weights. */
const MAX_EXPANSION = 8;

/** How many bytes of memory the content of a file may take. */
export function memoryLimit(fileBytes: number): number {
  return Math.max(FREE_BYTES, MAX_EXPANSION * fileBytes);
}
