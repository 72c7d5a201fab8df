// Weight files: named tensors in and out.

export { readSafetensors, readWhole, replaceFile, writeError, writeSafetensors } from './files.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors, safetensorsParts } from './safetensors.ts';
