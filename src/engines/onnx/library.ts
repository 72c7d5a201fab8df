// Loads ONNX Runtime: its native package if it is installed and loads, otherwise its WebAssembly build, which is part of
// this package. The native package is not a dependency: it takes 288 MB, and its install script downloads CUDA libraries
// from a host that many machines cannot reach.
import { createRequire } from 'node:module';
import { EngineError } from '../../base/errors.ts';
import { describeMissingPackage } from '../../system/packages.ts';

/** The JavaScript API of ONNX Runtime, which both builds implement. */
export type OrtModule = typeof import('onnxruntime-common');

/** A loaded build of ONNX Runtime. */
export interface OnnxLibrary {
  readonly ort: OrtModule;
  readonly build: 'native' | 'WebAssembly';
  readonly version: string;
  /** For the WebAssembly build: how to install the native one. Appended to error messages, since that build may work. */
  readonly advice?: string;
}

/** The install script only adds CUDA libraries, which are not used. */
const INSTALL = 'npm install onnxruntime-node --ignore-scripts';

/** The part of the package onnxruntime-web (142 MB) that runs in Node, copied here by `scripts/copy-runtime.js`. */
const wasmBuild = '../../../dist/engines/onnx/wasm/ort.node.min.cjs';

/** Loads each build; replaced in tests. */
export const loaders = {
  native: (): Promise<OrtModule> => import('onnxruntime-node'),
  wasm: async (): Promise<OrtModule> => createRequire(import.meta.url)(wasmBuild),
};

/**
 * Loads ONNX Runtime.
 * @param threads threads of the WebAssembly build; the first call in a process decides
 * @throws EngineError if neither build can be loaded
 */
export async function loadOnnxRuntime(threads: number, { native, wasm } = loaders): Promise<OnnxLibrary> {
  let failure: unknown;
  try {
    const ort = await native();
    return { ort, build: 'native', version: ort.env.versions.node ?? 'unknown' };
  } catch (error) {
    failure = error;
  }
  try {
    const ort = await wasm();
    ort.env.wasm.numThreads ??= threads;
    const version = ort.env.versions.web ?? 'unknown';
    return { ort, build: 'WebAssembly', version, advice: nativeAdvice(failure) };
  } catch (error) {
    throw new EngineError(
      `${describeMissingPackage('onnxruntime-node', 'the onnx engine', failure, INSTALL)}. Its WebAssembly build ` +
        `does not load either (${error instanceof Error ? error.message : String(error)}).`,
      { cause: error },
    );
  }
}

function nativeAdvice(failure: unknown): string {
  const faster = 'The native package is about twice as fast, and not limited to 4 GB of memory';
  return isMissing(failure)
    ? `${faster}: ${INSTALL}`
    : `${faster}, but it does not load here: ${firstLine((failure as Error).message)}`;
}

/** Whether the package is not installed, as opposed to installed without a binary for this platform. */
function isMissing(failure: unknown): boolean {
  const { code, message } = failure as NodeJS.ErrnoException;
  return /MODULE_NOT_FOUND$/.test(code ?? '') && firstLine(message).includes('onnxruntime-node');
}

const firstLine = (text: string): string => text.split('\n', 1)[0];
