// Copies ONNX Runtime's WebAssembly build to dist/: three files of onnxruntime-web; the rest, ten times as large, is for browsers.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// A file ending in .js would be read as an ES module here.
const files = {
  'ort.node.min.js': 'ort.node.min.cjs',
  'ort-wasm-simd-threaded.mjs': 'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm',
};
const source = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web')));
const target = resolve(import.meta.dirname, '../dist/engines/onnx/wasm');

mkdirSync(target, { recursive: true });
for (const [from, to] of Object.entries(files)) copyFileSync(join(source, from), join(target, to));
