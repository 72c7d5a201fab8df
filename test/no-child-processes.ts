// Set up before the files of the fast tier: starting a child process is an error.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const starters = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const;

for (const name of starters) {
  Object.defineProperty(childProcess, name, {
    value: () => {
      throw new Error(
        `the fast tests start no child processes, but got a call of ${name}: rename the test file to ` +
          '*.cli.test.ts (commands), *.engines.test.ts (native engine) or *.browser.test.ts.',
      );
    },
  });
}
syncBuiltinESMExports();
