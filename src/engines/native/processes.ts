// Runs a command to its end and collects what it says.
import { spawn } from 'node:child_process';

/** How a command ended. */
export interface Outcome {
  readonly ok: boolean;
  /** What it wrote to standard output. */
  readonly output: string;
  /** What it wrote to standard error, or why it could not be started. */
  readonly complaint: string;
  /** How it ended, for messages, for example `exit code 1`. */
  readonly ending: string;
}

export interface CommandOptions {
  readonly folder?: string;
}

/** Runs `command` without input. A command that cannot be started is an outcome too, not an exception. */
export function runCommand(
  command: string,
  args: readonly string[],
  { folder }: CommandOptions = {},
): Promise<Outcome> {
  return new Promise<Outcome>((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(folder && { cwd: folder }) });
    const output: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    child.on('error', (error) => resolve(notStarted(error)));
    child.on('close', (code, signal) => {
      resolve({
        ok: code === 0,
        output: Buffer.concat(output).toString(),
        complaint: Buffer.concat(complaint).toString(),
        ending: signal ? `signal ${signal}` : `exit code ${code}`,
      });
    });
  }).catch(notStarted);
}

function notStarted(error: Error): Outcome {
  return { ok: false, output: '', complaint: error.message, ending: 'not started' };
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
        results[index] = await task(items[index]!);
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
