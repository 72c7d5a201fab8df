// The doctor, on this machine and on one without a compiler.
import { expect, test } from 'vitest';
import { fovea, foveaJson } from '../../../test/cli.ts';
import { nativeTest, toolchain } from '../../../test/native.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import type { Diagnosis } from '../../diagnose/machine.ts';

nativeTest('the doctor knows the compiler, its target, the speed of the machine and the cache', async () => {
  const folder = temporaryFolder();
  const diagnosis = await foveaJson<Diagnosis>(['doctor'], { env: { FOVEA_CACHE: folder } });
  const { compiler, machine, folders } = diagnosis;
  expect(compiler).toMatchObject({
    version: toolchain.version,
    lanes: toolchain.vector.lanes,
    tunedKernels: 0,
  });
  expect(compiler!.path).toMatch(/^\/.+/);
  expect(machine.peak!.gflops).toBeGreaterThan(1);
  expect(machine.peak!.gigabytesPerSecond).toBeGreaterThan(0.5);
  expect(machine.cores).toBeGreaterThanOrEqual(1);
  expect(folders).toMatchObject({ cache: folder, cached: ['native'] });
  expect(folders.cacheFiles).toBeGreaterThan(2);
  expect(folders.cacheBytes).toBeGreaterThan(10_000);
});

test('without a compiler the doctor says what runs all the same, and how to get one', async () => {
  const env = { FOVEA_CC: '/nowhere/cc', NO_COLOR: '1' };
  const { compiler, machine, engines } = await foveaJson<Diagnosis>(['doctor'], { env });
  expect(compiler).toBeNull();
  expect(machine.peak).toBeNull();
  expect(engines).toContainEqual({ name: 'auto', runs: true, engine: 'onnx' });
  const { stdout, status } = await fovea(['doctor'], { env });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^native +does not run$.*^native: .*FOVEA_CC/ms);
  expect(stdout).toMatch(/^C compiler +none that works; see the native engine above$/m);
  expect(stdout).not.toContain('GFLOP/s');
});
