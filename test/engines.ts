// The engines on which operators and models are tested. A new engine adds a line.
import type { Engine } from '../src/engines/engine.ts';
import { openEngine } from '../src/engines/index.ts';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { hasCompiler, toolchain } from './native.ts';

/** Without a C compiler the native engine is missing; its own tests report that. */
export const testedEngines: readonly Engine[] = [
  await openEngine('reference'),
  await openEngine('onnx'),
  // All of its threads run the shortest program, too.
  ...(hasCompiler ? [nativeEngine(await openRuntime(toolchain), 0)] : []),
];
