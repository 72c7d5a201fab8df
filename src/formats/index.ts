// Weight files: named tensors in and out.

export {
  readSafetensors,
  readWhole,
  removeUnfinished,
  replaceFile,
  type Safetensors,
  writeError,
  writeNpz,
  writeSafetensors,
} from './files.ts';
export { openTensors, readTensors, type TensorFileContent } from './open.ts';
export { encodeSafetensors, safetensorsParts } from './safetensors.ts';
export { readError } from './source.ts';
export type { StoredType } from './stored-types.ts';
export type { FileFormat, Plain, TensorFile } from './tensor-file.ts';
