// Runs a command and collects its output. Commands never outlive this process.

import { type ChildProcess, spawn } from 'node:child_process';
import type { StopSignal } from '../../../system/stop-signal.ts';
import { guarded, killGroup } from './child-guard.ts';

/** How a command ended. */
export interface Outcome {
  readonly ok: boolean;
  /** What it wrote to standard output. */
  readonly output: string;
  /** What it wrote to standard error, or why it could not be started. */
  readonly complaint: string;
  /** How it ended, for messages, for example `exit code 1`. */
  readonly ending: string;
  /** Whether it was killed after its timeout. */
  readonly timedOut: boolean;
}

export interface CommandOptions {
  readonly folder?: string;
  /** Timeout in milliseconds. */
  readonly timeout: number;
  /** Aborting it kills the command. */
  readonly signal?: StopSignal | undefined;
}

/** Most characters of output; a command that writes more is killed. */
const MOST_OUTPUT = 2 ** 24;

/**
 * Runs `command` without input, in a process group of its own, so that Ctrl-C on the terminal reaches only this process.
 * A command that cannot be started or is ended is an outcome too, not an exception.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { folder, timeout, signal }: CommandOptions,
): Promise<Outcome> {
  return new Promise<Outcome>((resolve) => {
    if (signal?.aborted) return resolve(failed('', 'not started'));
    const { command: child, release } = guarded(() =>
      spawn(command, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        ...(folder && { cwd: folder }),
      }),
    );
    const said = collectOutput(child, () => end(`more than ${MOST_OUTPUT} bytes of output`));
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      release();
      resolve(outcome);
    };
    // What it has started may have left its group and keep its output open, so the end is not waited for.
    const end = (ending: string, timedOut = false): void => {
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle({ ...failed(said().complaint, ending), timedOut });
    };
    const onAbort = (): void => end('interrupted');
    const timer = setTimeout(() => end(`no end after ${timeout / 1000} s`, true), timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => settle(failed(error.message, 'not started')));
    child.on('close', (code, by) => {
      settle({
        ok: code === 0,
        ...said(),
        ending: by ? `signal ${by}` : `exit code ${code}`,
        timedOut: false,
      });
    });
  }).catch((error: Error) => failed(error.message, 'not started'));
}

/** @param onFlood called when it writes too much */
function collectOutput(
  child: ChildProcess,
  onFlood: () => void,
): () => Pick<Outcome, 'output' | 'complaint'> {
  const texts = { output: [] as Buffer[], complaint: [] as Buffer[] };
  let size = 0;
  const collect = (texts: Buffer[]) => (chunk: Buffer) => {
    texts.push(chunk);
    size += chunk.length;
    if (size > MOST_OUTPUT) onFlood();
  };
  child.stdout?.on('data', collect(texts.output));
  child.stderr?.on('data', collect(texts.complaint));
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  return () => ({ output: text(texts.output), complaint: text(texts.complaint) });
}

function failed(complaint: string, ending: string): Outcome {
  return { ok: false, output: '', complaint, ending, timedOut: false };
}

/** Calls `task` for each item, at most `limit` at a time, and gives the results in order; the first failure ends it. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  let failed = false;
  const takeTurns = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await task(items[index]);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const turns = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, takeTurns));
  const failure = turns.find((turn) => turn.status === 'rejected');
  if (failure) throw failure.reason;
  return results;
}
