import { join } from 'node:path';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { flagsOf, type Level, levelUpTo } from './test/cpu.ts';
import Summary from './test/summary.ts';

/** Tiers by the names of files; CONTRIBUTING.md says what each may use. What matches none of the others is fast. */
const tiers = {
  engines: ['src/engines/**/*.test.ts', '{src,test,examples}/**/*.engines.test.ts'],
  cli: ['src/cli/**/*.test.ts', '{src,test,examples}/**/*.cli.test.ts'],
  browser: ['{src,test,examples}/**/*.browser.test.ts'],
};

function tier(name: keyof typeof tiers): TestProjectConfiguration {
  const others = Object.entries(tiers).flatMap(([other, files]) => (other === name ? [] : files));
  // A name says more than a folder: src/cli/x.engines.test.ts belongs to the engines.
  const named = others.filter((files) => !files.startsWith('src/'));
  return { extends: true, test: { name, include: tiers[name], exclude: named } };
}

/** Neither the user's cache nor what it holds of tuning has a part in the tests. */
const cache = join(import.meta.dirname, 'node_modules', '.cache', 'fovea-tests');

/** With FOVEA_TEST_CPU, the native engine is restricted as tests are. */
function restricted(): { FOVEA_CFLAGS?: string } {
  const level = process.env.FOVEA_TEST_CPU && levelUpTo(process.env.FOVEA_TEST_CPU as Level);
  return level ? { FOVEA_CFLAGS: flagsOf(level).join(' ') } : {};
}

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    env: { FOVEA_CACHE: process.env.FOVEA_CACHE ?? cache, ...restricted() },
    reporters: [process.env.CI ? 'dot' : 'default', new Summary()],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['{src,test,examples}/**/*.test.ts'],
          exclude: Object.values(tiers).flat(),
          setupFiles: ['test/no-child-processes.ts'],
        },
      },
      tier('engines'),
      tier('cli'),
      tier('browser'),
    ],
  },
});
