// Kills running commands when this process ends, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';

const deadly = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Process groups of the running commands. */
const groups = new Set<number>();

/**
 * Ends a command's process group if this process ends first: by itself, by a signal, or, through the watchdog, by SIGKILL.
 * @param start starts a leader of a group
 * @returns the command, and what is called when it has ended
 */
export function guarded<Command extends Pick<ChildProcess, 'pid'>>(
  start: () => Command,
): { command: Command; release: () => void } {
  watchdog ??= startWatchdog(); // Before the command, so that it is there from the first moment on.
  const command = start();
  return { command, release: guard(command) };
}

function guard({ pid }: Pick<ChildProcess, 'pid'>): () => void {
  if (pid === undefined) return () => {};
  if (groups.size === 0) watchSignals();
  groups.add(pid);
  tellWatchdog();
  return () => {
    if (!groups.delete(pid)) return;
    tellWatchdog();
    if (groups.size === 0) unwatchSignals();
  };
}

/** Kills a command and its children, unless they have ended. */
export function killGroup(group: number | undefined): void {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  } catch {
    // All its processes have ended.
  }
}

function killAll(): void {
  for (const group of groups) killGroup(group);
}

function watchSignals(): void {
  process.on('exit', killAll);
  for (const name of deadly) process.on(name, onSignal);
}

function unwatchSignals(): void {
  process.off('exit', killAll);
  for (const name of deadly) process.off(name, onSignal);
}

/** A signal without other listeners must end this process, as it would without ours. */
function onSignal(name: NodeJS.Signals): void {
  if (process.listenerCount(name) > 1) return;
  killAll();
  unwatchSignals();
  process.kill(process.pid, name);
}

/** Remembers the last line it reads; at the end of its input, which is the end of this process, kills the groups in it. */
const WATCHDOG =
  'while read -r line; do groups=$line; done; for group in $groups; do kill -9 "-$group"; done';

let watchdog: ChildProcess | undefined;

function tellWatchdog(): void {
  watchdog?.stdin?.write(`${[...groups].join(' ')}\n`);
}

function startWatchdog(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', WATCHDOG], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  child.on('error', () => {}); // Without it, only SIGKILL leaves commands behind.
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
