// Weight files: named tensors in and out.

export {
  readSafetensors,
  type Safetensors,
  writeNpz,
  writePaddle,
  writeSafetensors,
} from './files.ts';
export { type OpenOptions, openTensors, readTensors, type TensorFileContent } from './open.ts';
export { encodeSafetensors, safetensorsParts } from './safetensors.ts';
export type { StoredType } from './stored-types.ts';
export type { FileFormat, Plain, Skipped, TensorFile } from './tensor-file.ts';
