// The loops that take the time of small images: in WebAssembly, which is several times faster than JavaScript and the same
// on every system, or in plain loops with the same pixels where WebAssembly gets no memory.
import { plainKernels } from './kernels-plain.ts';
import { wasmKernels } from './kernels-wasm.ts';
import type { PixelKernels } from './pixel-kernels.ts';

let chosen: PixelKernels | undefined;

function kernels(): PixelKernels {
  chosen ??= chooseKernels();
  return chosen;
}

/** V8 reserves some 10 GB of address space for each WebAssembly memory, which `ulimit -v` may not allow. */
function chooseKernels(): PixelKernels {
  try {
    return wasmKernels();
  } catch (error) {
    if (error instanceof RangeError) return plainKernels;
    throw error;
  }
}

export const mixed: PixelKernels['mixed'] = (...args) => kernels().mixed(...args);

export const flipHorizontally: PixelKernels['flipHorizontally'] = (image) =>
  kernels().flipHorizontally(image);

export const writeNormalized: PixelKernels['writeNormalized'] = (...args) =>
  kernels().writeNormalized(...args);
