// Instruction sets of this processor that tests may use.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Instruction sets for which the native engine has a vector width; each includes the previous ones. */
const levels = {
  sse2: { features: [], flags: ['-march=x86-64'] },
  avx2: { features: ['avx2', 'fma'], flags: ['-mavx2', '-mfma'] },
  avx512: {
    features: ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'fma'],
    flags: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
  },
} as const;

export type Level = keyof typeof levels;
const names = Object.keys(levels) as Level[];

/** The compiler's flags for a level of x86-64. */
export const flagsOf = (level: Level): readonly string[] => levels[level].flags;

/** The highest level, up to `most`, that this processor has; undefined if it is not of the x86-64 family. */
export function levelUpTo(most: Level): Level | undefined {
  if (process.arch !== 'x64') return undefined;
  const allowed = Math.min(names.indexOf(most), names.indexOf(highestAllowed()));
  return names
    .slice(0, allowed + 1)
    .findLast((name) => levels[name].features.every((feature) => features().has(feature)));
}

/** `FOVEA_TEST_CPU`: tests use no instructions beyond this level. */
function highestAllowed(): Level {
  const level = process.env.FOVEA_TEST_CPU || 'avx512';
  if (!Object.hasOwn(levels, level)) {
    throw new Error(`FOVEA_TEST_CPU is "${level}", but must be one of ${names.join(', ')}.`);
  }
  return level as Level;
}

let found: ReadonlySet<string> | undefined;

/** Features of processor and operating system, in Linux's names; none on other systems. */
function features(): ReadonlySet<string> {
  found ??= new Set(featureText().toLowerCase().split(/\s+/));
  return found;
}

function featureText(): string {
  try {
    if (process.platform === 'linux') {
      return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    }
    const keys = ['machdep.cpu.features', 'machdep.cpu.leaf7_features'];
    return process.platform === 'darwin' ? execFileSync('sysctl', ['-n', ...keys], { encoding: 'utf8' }) : '';
  } catch {
    return '';
  }
}
