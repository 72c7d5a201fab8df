// Compiles the loops over pixels (src/image/kernels/) to WebAssembly, if they have changed.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const source = 'src/image/kernels/pixels.ts';
const target = 'dist/image/kernels.wasm';

const isCurrent = changed(target) > Math.max(changed(source), changed('package-lock.json'));
if (!isCurrent) await compile();

/** When a file was written; 0 if there is none. */
function changed(path) {
  return statSync(resolve(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function compile() {
  const { main } = await import('assemblyscript/asc');
  mkdirSync(dirname(resolve(root, target)), { recursive: true });
  const options = ['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'];
  const { error, stderr } = await main([source, '--baseDir', root, '--outFile', target, ...options]);
  if (!error) return;
  console.error(`${stderr.toString()}${error.message}`);
  process.exit(1);
}
