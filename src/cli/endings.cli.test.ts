// How the real program ends when it is asked to, or nobody reads what it writes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fovea } from '../../test/cli.ts';
import { testIf } from '../../test/conditions.ts';
import { nativeTest } from '../../test/native.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const cwd = temporaryFolder();

const tiny =
  'train lenet5 --data digits --subset train=32,valid=8,test=8 --batch-size 8 --evaluate-every 1'.split(' ');
const launcher = fileURLToPath(new URL('../../bin/fovea.js', import.meta.url));

interface Ending {
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs the program, and calls `onLine` once it has written a line. */
async function ending(
  args: readonly string[],
  onLine: (child: ReturnType<typeof spawn>) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd,
    env: { ...process.env, FOVEA_BUILD: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdout.once('data', () => onLine(child));
  const [status] = await once(child, 'close');
  return { status, stderr };
}

/** The run is resumed, and ends at the same weights as one that was left alone. */
async function expectResumable(run: string, epochs: number): Promise<void> {
  const resumed = await fovea(['train', '--resume', run, '--epochs', String(epochs)], { cwd });
  expect(resumed).toMatchObject({ status: 0 });
  const whole = `${run}-whole`;
  const engine = ['--engine', 'onnx', '--epochs', String(epochs)];
  expect(await fovea([...tiny, ...engine, '--out', whole], { cwd })).toMatchObject({ status: 0 });
  const read = (place: string) => readFileSync(join(cwd, place, 'last.safetensors'));
  expect(read(run).equals(read(whole))).toBe(true);
}

/** So many that no run is over before it is asked to end. */
const long = [...tiny, '--engine', 'onnx', '--epochs', '100000'];

test('a run whose output is closed saves, ends with status 141, and can be resumed', async () => {
  const closed = await ending([...long, '--out', 'closed'], ({ stdout }) => stdout!.destroy());
  expect(closed).toEqual({ status: 141, stderr: '' });
  const { step } = stoppedEvent('closed');
  expect(step).toBeGreaterThan(0);
  await expectResumable('closed', Math.ceil(step / 4) + 1);
});

test('so does one after a hangup with both outputs closed', async () => {
  const hungUp = await ending([...long, '--out', 'hung-up'], (child) => {
    child.stdout!.destroy();
    child.stderr!.destroy();
    child.kill('SIGHUP');
  });
  expect([129, 141]).toContain(hungUp.status); // Which of the two comes first is the system's choice.
  expect(existsSync(join(cwd, 'hung-up', 'last.safetensors'))).toBe(true);
  const alone = await ending([...long, '--out', 'signal'], (child) => child.kill('SIGHUP'));
  expect(alone.status).toBe(129);
  expect(stoppedEvent('signal')).toMatchObject({ by: 'signal', reason: 'SIGHUP' });
});

nativeTest('a signal while the compiler works ends the run with its status, on no other engine', async () => {
  const compiler = join(cwd, 'slowcc');
  const slow = `case "$*" in *kernels*) touch ${join(cwd, 'compiling')}; sleep 100;; esac`;
  writeFileSync(compiler, `#!/bin/sh\n${slow}\nexec cc "$@"\n`, { mode: 0o755 });
  const args = [...tiny, '--epochs', '1', '--engine', 'auto', '--out', 'compiling-run'];
  const ended = await ending(
    args,
    (child) => {
      const timer = setInterval(() => {
        if (!existsSync(join(cwd, 'compiling'))) return;
        clearInterval(timer);
        child.kill('SIGTERM');
      }, 50);
    },
    { FOVEA_CC: compiler, FOVEA_CACHE: join(cwd, 'cache') },
  );
  expect(ended.status).toBe(143);
  expect(ended.stderr).not.toMatch(/onnx|could not compile/);
  const config = JSON.parse(readFileSync(join(cwd, 'compiling-run', 'config.json'), 'utf8'));
  expect(config).toMatchObject({ engine: 'native' });
  expect(stoppedEvent('compiling-run')).toMatchObject({ step: 0, reason: 'SIGTERM' });
  expect(existsSync(join(cwd, 'compiling-run', 'last.safetensors'))).toBe(true);
});

/** Runs a shell script in which `$0` is Node and `$1` the program. */
async function shell(script: string): Promise<{ status: number; stderr: string }> {
  const child = spawn('sh', ['-c', script, process.execPath, launcher], {
    env: { ...process.env, FOVEA_BUILD: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

test('a short command whose reader is gone is silent, with the status of SIGPIPE', async () => {
  const { stderr } = await shell('{ sleep 1; "$0" "$1" models; echo $? >&2; } | true');
  expect(stderr).toBe('141\n');
});

testIf(existsSync('/dev/full'), 'no /dev/full')('a full disk fails a command, with a message', async () => {
  const { status, stderr } = await shell('"$0" "$1" models > /dev/full');
  expect(status).toBe(1);
  expect(stderr).toContain('error: standard output cannot be written (ENOSPC)');
});

function stoppedEvent(run: string): { step: number } {
  const lines = readFileSync(join(cwd, run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'stopped');
}
