// Finding the compiler and its target.
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { nativeTest, nativeTestOn, toolchain } from '../../../../test/native.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { EngineError } from '../../../base/errors.ts';
import { findToolchain, vectorOf } from './toolchain.ts';

nativeTest('the machine has a compiler whose flags name its processor', async () => {
  const toolchain = await findToolchain({}, { PATH: process.env.PATH });
  expect(toolchain.command).toMatch(/^(cc|clang|gcc)$/);
  expect(toolchain.version).toMatch(/\d+\.\d+/);
  expect(toolchain.cpu).not.toBe('');
});

nativeTest('a compiler given by a relative path is found from other folders, too', async () => {
  const folder = temporaryFolder();
  const command = join(folder, 'compiler');
  writeFileSync(command, `#!/bin/sh\nexec ${toolchain.command} "$@"\n`, { mode: 0o755 });
  const found = await findToolchain({ command: relative(process.cwd(), command) });
  expect(found.command).toBe(command);
});

nativeTestOn({ arch: 'x64' })('flags of the user take the place of the machine’s own', async () => {
  const avx2 = await findToolchain({}, { ...process.env, FOVEA_CFLAGS: ' -mavx2 -mfma  -mno-avx512f' });
  expect(avx2.flags).toEqual(['-mavx2', '-mfma', '-mno-avx512f']);
  expect(avx2.vector).toEqual({ name: 'AVX2', lanes: 8, registers: 16 });
  const avx512 = await findToolchain({ flags: ['-mavx512f'] }, { FOVEA_CFLAGS: '-msse2' });
  expect(avx512.vector).toEqual({ name: 'AVX-512', lanes: 16, registers: 32 });
  expect((await findToolchain({ flags: ['-msse2'] })).vector.lanes).toBe(4);
});

test('the vector unit follows from the macros of the target', () => {
  const neon = '#define __aarch64__ 1\n#define __ARM_NEON 1\n';
  expect(vectorOf(neon)).toEqual({ name: 'NEON', lanes: 4, registers: 32 });
  expect(vectorOf('#define __AVX2__ 1\n').name).toBe('SSE2/generic');
  expect(vectorOf('#define __AVX512F__ 1\n').name).toBe('AVX-512');
  expect(vectorOf('').registers).toBe(16);
});

test('a compiler that is not there is named, with what to do', async () => {
  const error = await findToolchain({}, { FOVEA_CC: '/nowhere/cc' }).catch((error) => error);
  expect(error).toBeInstanceOf(EngineError);
  expect(error.message).toMatch(/"\/nowhere\/cc" does not run.*ENOENT.*install one.*FOVEA_CC/);
});

test('a program that is no compiler is refused', async () => {
  await expect(findToolchain({ command: 'false' })).rejects.toThrow('"false" does not run');
});

nativeTest('flags that the compiler does not know are refused with its own words', async () => {
  await expect(findToolchain({ flags: ['-mno-such-thing'] })).rejects.toThrow(
    /refuses the flags "-mno-such-thing".*no-such-thing.*FOVEA_CFLAGS/s,
  );
});
