// Runs the command line for tests, in this process or in a child process.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '../src/cli/main.ts';

const launcher = fileURLToPath(new URL('../bin/fovea.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees the error output while the program runs, and may send it signals. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

let built: Promise<Outcome> | undefined;

/**
 * Runs `fovea` with these arguments: in this process, which starts at once, unless it is to have an environment of its own
 * or to get signals. The first process of a test file builds.
 */
export async function fovea(args: readonly string[], settings: RunSettings = {}): Promise<Outcome> {
  if (!settings.env && !settings.onStderr) return foveaHere(args, settings.cwd);
  built ??= run(['--version'], {});
  await built;
  return run(args, { ...settings, env: { FOVEA_BUILD: '0', ...settings.env } });
}

let running: Promise<unknown> = Promise.resolve();

/** One call after the other, because they share this process's streams. */
function foveaHere(args: readonly string[], cwd = process.cwd()): Promise<Outcome> {
  const outcome = running.then(() => runMain(args, cwd));
  running = outcome.catch(() => {});
  return outcome;
}

async function runMain(args: readonly string[], cwd: string): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const writeTo = (name: keyof typeof written) => (text: unknown) => {
    written[name] += text;
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(writeTo('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(writeTo('stderr')),
    vi.spyOn(console, 'error').mockImplementation((line) => writeTo('stderr')(`${line}\n`)),
  ];
  const before = { cwd: process.cwd(), argv: process.argv, env: { ...process.env } };
  const streams = [process.stdout, process.stderr].map((stream) => ({
    stream,
    listeners: stream.listeners('error'),
  }));
  for (const name of ['FORCE_COLOR', 'FOVEA_DEBUG']) delete process.env[name];
  process.argv = [process.execPath, launcher, ...args];
  process.chdir(cwd);
  try {
    await main(args);
    return { ...written, status: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    process.argv = before.argv;
    process.chdir(before.cwd);
    Object.assign(process.env, before.env);
    for (const { stream, listeners } of streams) {
      const added = stream.listeners('error').filter((listener) => !listeners.includes(listener));
      for (const listener of added) stream.off('error', listener as () => void);
    }
    for (const spy of spies) spy.mockRestore();
  }
}

/** The JSON document that a command prints; fails unless it succeeds. */
export async function foveaJson<T>(args: readonly string[], settings: RunSettings = {}): Promise<T> {
  const { status, stdout, stderr } = await fovea([...args, '--json'], settings);
  if (status !== 0) throw new Error(`fovea ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}

function run(args: readonly string[], { cwd, env, onStderr }: RunSettings): Promise<Outcome> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd,
    env: { ...process.env, FORCE_COLOR: undefined, FOVEA_DEBUG: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr?.(stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
