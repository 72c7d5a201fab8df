// Limits of the memory and time that reading a weight file may take, whatever is in it.

/** As many as 20 networks as deep as ResNet-152 have. */
export const MAX_TENSORS = 20_000;

/** Maximum rank of arrays in NumPy and PyTorch. */
export const MAX_RANK = 64;

/** Maximum length of the name of a tensor. */
export const MAX_NAME = 500;

/** Memory that any file may take, and the multiple of its own size that a larger file may take. */
const FREE_BYTES = 2 ** 27;
/** One byte per element becomes four in memory; compression rarely halves trained weights. */
const MAX_EXPANSION = 8;

/** Bytes of memory that the content of a file may take. */
export function memoryLimit(fileBytes: number): number {
  return Math.max(FREE_BYTES, MAX_EXPANSION * fileBytes);
}
