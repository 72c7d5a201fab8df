// The engines that every test of operators and models is run on. Another engine is one more line.
import type { Engine } from '../src/engines/engine.ts';
import { openEngine } from '../src/engines/index.ts';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime.ts';
import { findToolchain } from '../src/engines/native/toolchain.ts';

/** The native engine here lets its whole team run the shortest program, too. */
export const testedEngines: readonly Engine[] = [
  await openEngine('reference'),
  await openEngine('onnx'),
  nativeEngine(await openRuntime(await findToolchain()), 0),
];
