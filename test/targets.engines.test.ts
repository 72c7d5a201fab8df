// The native engine for vector units and by compilers other than this machine's first choice, against the operators' own
// computations and PyTorch's values. FOVEA_TEST_ALL=1 runs every case and every model on each, which takes minutes.
import { describe } from 'vitest';
import type { Engine } from '../src/engines/engine.ts';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { findToolchain, type Toolchain, type Vector } from '../src/engines/native/toolchain/toolchain.ts';
import { testIf } from './conditions.ts';
import { flagsOf, type Level, levelUpTo } from './cpu.ts';
import { emulatedArm, openEmulatedRuntime } from './emulator.ts';
import {
  expectGradients,
  expectLogits,
  expectLosses,
  expectWeights,
  measure,
  modelNames,
} from './models.checks.ts';
import { checkCase, checkUpdates } from './ops.checks.ts';
import { plannedCases, plannedUpdates } from './ops.programs.ts';
import { witness } from './ops.witness.ts';

const all = process.env.FOVEA_TEST_ALL === '1';
const neon: Vector = { name: 'NEON', lanes: 4, registers: 32 };

/** Each throws the reason if it cannot be run here. */
const targets: Readonly<Record<string, () => Promise<Engine>>> = {
  'AVX2 by 3 threads': () => openHere(x86('avx2'), 3),
  'SSE2 by 1 thread': () => openHere(x86('sse2'), 1),
  "NEON's tiles by this processor": async () => openHere({ ...(await findToolchain()), vector: neon }, 2),
  clang: () => openHere(findToolchain({ command: 'clang' }), 2),
  'NEON by 3 emulated threads': () => openEmulated(3),
  ...(all && {
    'NEON by 2 emulated threads': () => openEmulated(2),
    'NEON by 1 emulated thread': () => openEmulated(1),
  }),
};

async function openHere(toolchain: Toolchain | Promise<Toolchain>, threads: number): Promise<Engine> {
  return nativeEngine(await openRuntime(await toolchain, threads), 0);
}

async function openEmulated(threads: number): Promise<Engine> {
  return nativeEngine(await openEmulatedRuntime(emulatedArm, threads), 0);
}

async function x86(level: Level): Promise<Toolchain> {
  if (levelUpTo(level) !== level)
    throw new Error(`not an x86-64 processor with ${level} (or FOVEA_TEST_CPU)`);
  return findToolchain({ flags: flagsOf(level) });
}

const opened = await Promise.all(
  Object.entries(targets).map(async ([name, open]) => ({ name, ...(await openOrSay(open)) })),
);

async function openOrSay(open: () => Promise<Engine>): Promise<{ engine?: Engine; failure: string }> {
  try {
    return { engine: await open(), failure: '' };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

const isChosen = ({ name }: { name: string }) => all || name.includes('beyond a vector');

describe.each(opened)('$name', ({ engine, failure }) => {
  const targetTest = testIf(engine, failure);

  targetTest.each(plannedCases.filter(isChosen))('$name', ({ build }) => checkCase(engine!, build()));

  targetTest.each(plannedUpdates.filter(isChosen))('$name', ({ name, build }) =>
    checkUpdates(engine!, build(), witness.updates[name]),
  );

  targetTest.each(all ? modelNames : ['lenet5'])("%s has PyTorch's values", async (name) => {
    const measured = await measure(name, engine!);
    for (const check of [expectLogits, expectLosses, expectGradients, expectWeights]) check(name, measured);
  });
});
