// The operators on the native engine.
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime.ts';
import { describeNative, toolchain } from './native.ts';
import { describeOperators } from './ops.checks.ts';

describeNative('engine native', async () => {
  describeOperators(nativeEngine(await openRuntime(toolchain), 0));
});
