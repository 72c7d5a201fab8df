// The most expensive loops over pixels: in WebAssembly, which is several times faster than JavaScript and the same on every
// system, or in plain TypeScript with the same pixels where WebAssembly gets no memory.
import { plainKernels } from './kernels-plain.ts';
import { wasmKernels } from './kernels-wasm.ts';
import type { PixelKernels } from './pixel-kernels.ts';

let chosen: PixelKernels | undefined;

function kernels(): PixelKernels {
  chosen ??= chooseKernels();
  return chosen;
}

/** V8 reserves about 10 GB of address space for each WebAssembly memory, which `ulimit -v` may not allow. */
function chooseKernels(): PixelKernels {
  try {
    return wasmKernels();
  } catch (error) {
    if (error instanceof RangeError) return plainKernels;
    throw error;
  }
}

export const resample: PixelKernels['resample'] = (...args) => kernels().resample(...args);

export const flipHorizontally: PixelKernels['flipHorizontally'] = (image) =>
  kernels().flipHorizontally(image);

export const writeNormalized: PixelKernels['writeNormalized'] = (...args) =>
  kernels().writeNormalized(...args);
