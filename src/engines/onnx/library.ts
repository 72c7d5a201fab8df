// Which ONNX Runtime is used: its native package where that is installed and loads, otherwise its WebAssembly build,
// which comes with this package. The native one is not a dependency: it takes 288 MB, and its install script
// downloads CUDA libraries from a host that many machines cannot reach.
import { createRequire } from 'node:module';
import { EngineError } from '../../base/errors.ts';
import { describeMissingPackage } from '../../system/packages.ts';

/** What both builds offer. */
export type OnnxRuntime = typeof import('onnxruntime-common');

export interface OnnxLibrary {
  readonly runtime: OnnxRuntime;
  readonly build: 'native' | 'WebAssembly';
  readonly version: string;
  /** How to get the native build, if this is the other one; appended to error messages, since that build may work. */
  readonly advice?: string;
}

/** Its install script only adds CUDA libraries, which are not used here. */
const INSTALL = 'npm install onnxruntime-node --ignore-scripts';

/** The part of the package onnxruntime-web (142 MB) that runs in Node, copied here by `scripts/copy-runtime.js`. */
const wasmBuild = '../../../dist/engines/onnx/wasm/ort.node.min.cjs';

/** How the builds are loaded; tests replace these. */
export const loaders = {
  native: (): Promise<OnnxRuntime> => import('onnxruntime-node'),
  wasm: async (): Promise<OnnxRuntime> => createRequire(import.meta.url)(wasmBuild),
};

/**
 * @param threads for the WebAssembly build, whose threads are those of the first engine that this process opens
 * @throws EngineError if neither build can be loaded
 */
export async function loadOnnxRuntime(threads: number, { native, wasm } = loaders): Promise<OnnxLibrary> {
  let failure: unknown;
  try {
    const runtime = await native();
    return { runtime, build: 'native', version: runtime.env.versions.node ?? 'unknown' };
  } catch (error) {
    failure = error;
  }
  try {
    const runtime = await wasm();
    runtime.env.wasm.numThreads ??= threads;
    const version = runtime.env.versions.web ?? 'unknown';
    return { runtime, build: 'WebAssembly', version, advice: adviceAfter(failure) };
  } catch (error) {
    throw new EngineError(
      `${describeMissingPackage('onnxruntime-node', 'the onnx engine', failure, INSTALL)}. Its WebAssembly build ` +
        `does not load either (${error instanceof Error ? error.message : String(error)}).`,
      { cause: error },
    );
  }
}

function adviceAfter(failure: unknown): string {
  const faster = 'The native package is about twice as fast, and not limited to 4 GB of memory';
  return isMissing(failure)
    ? `${faster}: ${INSTALL}`
    : `${faster}, but it does not load here: ${firstLine((failure as Error).message)}`;
}

/** Whether the package is not installed; one without a binary for this system is installed, but does not find it. */
function isMissing(failure: unknown): boolean {
  const { code, message } = failure as NodeJS.ErrnoException;
  return /MODULE_NOT_FOUND$/.test(code ?? '') && firstLine(message).includes('onnxruntime-node');
}

const firstLine = (text: string): string => text.split('\n', 1)[0];
