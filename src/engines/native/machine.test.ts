// Measuring the machine.
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nativeTest, temporaryFolder, toolchain } from '../../../test/native.ts';
import { measureMachine } from './machine.ts';
import { openRuntime } from './runtime.ts';

nativeTest('the peak is measured once, plausible, and remembered', async () => {
  const folder = temporaryFolder();
  const runtime = await openRuntime(toolchain, 1);
  const peak = await measureMachine(runtime, { folder });
  expect(peak.gflops).toBeGreaterThan(1);
  expect(peak.gflops).toBeLessThan(1000);
  expect(peak.gigabytesPerSecond).toBeGreaterThan(0.5);
  expect(peak.gigabytesPerSecond).toBeLessThan(1000);
  expect(await measureMachine(runtime, { folder })).toEqual(peak);
  const file = readdirSync(folder).find((name) => name.endsWith('.json'))!;
  truncateSync(join(folder, file), 5);
  expect(await measureMachine(runtime, { folder })).not.toEqual(peak);
  runtime.dispose();
});
