// Commands that hang, flood, or are interrupted.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { describeIf, testIf } from '../../../../test/conditions.ts';
import { EngineError } from '../../../base/errors.ts';
import { runCommand } from './processes.ts';
import { findToolchain } from './toolchain.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
};

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); // One that nobody waits for is a zombie.
  } catch {
    return false;
  }
};

/** The number that a script has written about a process it started. */
const numberIn = (path: string) =>
  vi.waitFor(() => {
    const pid = Number(readFileSync(path, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    return pid;
  }, 5000);

describeIf(process.platform !== 'win32', 'Windows has no shell scripts')('a command', () => {
  test('that hangs is ended after its time, with what it has started', async () => {
    const pidFile = join(folder, 'hanging');
    const hanging = script('hang', `echo hello\nsleep 100 &\necho $! > ${pidFile}\nwait`);
    const outcome = await runCommand(hanging, [], { timeout: 500 });
    expect(outcome).toMatchObject({ ok: false, timedOut: true, ending: 'no end after 0.5 s' });
    const pid = await numberIn(pidFile);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  test('is ended by its signal, and not started after it', async () => {
    const aborter = new AbortController();
    const outcome = runCommand('sleep', ['100'], { timeout: 60e3, signal: aborter.signal });
    void setTimeout(50).then(() => aborter.abort('SIGTERM'));
    expect(await outcome).toMatchObject({ ok: false, timedOut: false, ending: 'interrupted' });
    const marker = join(folder, 'marker');
    await runCommand('touch', [marker], { timeout: 60e3, signal: aborter.signal });
    expect(() => readFileSync(marker)).toThrow('ENOENT');
  });

  test('that writes without end is ended', async () => {
    const outcome = await runCommand('yes', [], { timeout: 60e3 });
    expect(outcome.ending).toMatch(/more than \d+ bytes of output/);
  });

  test('is in a process group of its own, which Ctrl-C does not reach', async () => {
    const { output } = await runCommand('sh', ['-c', 'ps -o pgid= -p $$ && echo $$'], { timeout: 60e3 });
    const [group, pid] = output.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends when its parent is ended by %s',
    async (signal) => {
      const pidFile = join(folder, `child-${signal}`);
      const sleeping = script(`sleep-${signal}`, `echo $$ > ${pidFile}\nexec sleep 100`);
      const module = new URL('../../../../dist/engines/native/toolchain/processes.js', import.meta.url).href;
      const code = `import { runCommand } from '${module}'; await runCommand('${sleeping}', [], { timeout: 60e3 });`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
      const pid = await numberIn(pidFile);
      await setTimeout(100); // The parent may still be busy with starting it.
      parent.kill(signal);
      expect((await once(parent, 'exit'))[1]).toBe(signal);
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5000);
    },
  );
});

testIf(process.platform !== 'win32', 'Windows has no shell scripts')(
  'a compiler that does not answer times out, and is not tried again',
  async () => {
    const command = script('hangcc', 'exec sleep 100');
    const ask = () => findToolchain({ command, timeout: 300 }).catch((error: Error) => error);
    const error = await ask();
    expect(error).toBeInstanceOf(EngineError);
    expect((error as Error).message).toMatch(/hangcc \(no answer within 0.3 s\).*FOVEA_CC/);
    expect(await ask()).toBe(error);
  },
);
