import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
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

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
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
