// Ctrl-C while the native engine is in the middle of a step of training, through the command line.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fovea } from './cli.ts';
import { nativeTest } from './native.ts';
import { temporaryFolder } from './temporary-folder.ts';

const training = [
  ...['train', 'lenet5', '--data', 'digits', '--subset', 'train=1024,valid=8,test=8', '--batch-size', '1024'],
  ...['--epochs', '100000', '--evaluate-every', '1', '--engine', 'native', '--threads', '3', '--json'],
];

nativeTest.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'two signals %s end a step at once, with status %i',
  async (signal, status) => {
    const out = join(temporaryFolder(), 'run');
    let sent = 0;
    const ended = await fovea([...training, '--out', out], {
      onStderr: (text, kill) => {
        if (sent === 0 && text.includes('step 1:')) {
          kill(signal);
          sent++;
        } else if (sent === 1 && text.includes(`${signal}: finishing the step`)) {
          kill(signal);
          sent++;
        }
      },
    });
    expect([ended.status, sent]).toEqual([status, 2]);
    expect(ended.stderr).not.toMatch(/internal|Error/);
    expect(existsSync(out)).toBe(true);
  },
  300_000,
);
