// How processes end that have threads of the runtime, asleep or at work.
import type { ChildProcess } from 'node:child_process';
import { expect } from 'vitest';
import { endOf, nativeTest, startScene } from '../../../../test/native.ts';

function running(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.includes('running')) resolve();
    });
  });
}

nativeTest.each([
  ['ends while threads sleep', 0],
  ['ends by itself after a run that nobody awaits', 0],
  ['exits while threads sleep', 3],
  ['exits during a run', 3],
  ['throws during a run', 1],
  ['exits during training', 3],
  ['throws during training', 1],
  ['terminates a worker during its run', 0],
])('a process that %s has exit code %i', async (scene, code) => {
  const ending = await endOf(startScene(scene));
  expect(ending).toMatchObject({ code, signal: null });
});

nativeTest.each(['is interrupted during a run', 'is interrupted during training'])(
  'a process that %s ends by that signal',
  async (scene) => {
    const child = startScene(scene);
    const ending = endOf(child);
    await running(child);
    child.kill('SIGINT');
    expect(await ending).toMatchObject({ code: null, signal: 'SIGINT' });
  },
);

nativeTest('a process that handles an interrupt during a run has the exit code it chose', async () => {
  const child = startScene('handles an interrupt during a run');
  const ending = endOf(child);
  await running(child);
  child.kill('SIGINT');
  expect(await ending).toMatchObject({ code: 130, signal: null });
});
