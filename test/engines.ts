// The engines that every test of operators and models is run on. Another engine is one more line.
import type { Engine } from '../src/engines/engine.ts';
import { openEngine } from '../src/engines/index.ts';

export const testedEngines: readonly Engine[] = await Promise.all(
  (['reference', 'onnx', 'native'] as const).map((name) => openEngine(name)),
);
