// What a weight file may take of the machine, so that no file, however made, takes all of it.

/** As many as 400 networks of the depth of ResNet-152. */
export const MAX_TENSORS = 100_000;

/** Characters of the name of a tensor. */
export const MAX_NAME = 500;

/** Bytes of memory that any file may take, and how many times its own size a larger one may. */
const FREE_BYTES = 2 ** 30;
const MAX_EXPANSION = 16;

/** How many bytes of memory the content of a file may take. */
export function memoryLimit(fileBytes: number): number {
  return Math.max(FREE_BYTES, MAX_EXPANSION * fileBytes);
}
