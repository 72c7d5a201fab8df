// Measuring the machine.
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nativeTest, toolchain } from '../../../test/native.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { measureMachine } from './machine.ts';
import { openRuntime } from './runtime/runtime.ts';

nativeTest('the peak is plausible, and the best that was measured counts', async () => {
  const folder = temporaryFolder();
  const runtime = await openRuntime(toolchain, 1);
  const peak = await measureMachine(runtime, folder);
  expect(peak.gflops).toBeGreaterThan(1);
  expect(peak.gflops).toBeLessThan(1000);
  expect(peak.gigabytesPerSecond).toBeGreaterThan(0.5);
  expect(peak.gigabytesPerSecond).toBeLessThan(1000);
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.json'))!);
  writeFileSync(file, JSON.stringify({ gflops: 5000, gigabytesPerSecond: 0.1 }));
  const next = await measureMachine(runtime, folder);
  expect(next.gflops).toBe(5000);
  expect(next.gigabytesPerSecond).toBeGreaterThan(0.5);
  truncateSync(file, 5);
  expect((await measureMachine(runtime, folder)).gflops).toBeLessThan(1000);
  runtime.dispose();
});
