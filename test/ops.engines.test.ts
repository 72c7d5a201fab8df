// The operators on the native engine.
import { describe } from 'vitest';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { hasCompiler, nativeTest, toolchain } from './native.ts';
import { describeOperators } from './ops.checks.ts';

// The body of a skipped `describe` runs all the same, and here it would need the compiler.
if (hasCompiler) {
  const engine = nativeEngine(await openRuntime(toolchain), 0);
  describe('engine native', () => describeOperators(engine));
} else {
  nativeTest('operators on the native engine', () => {});
}
