// The engines that every test of operators and models is run on. Another engine is one more line.
import type { Engine } from '../src/engines/engine.ts';
import { openOnnxEngine } from '../src/engines/onnx/index.ts';
import { referenceEngine } from '../src/engines/reference/index.ts';

export const testedEngines: readonly Engine[] = [referenceEngine, await openOnnxEngine()];
