// From errors to messages and exit statuses.
import { styleText } from 'node:util';
import { CommanderError } from 'commander';
import { FoveaError, UsageError } from '../tensor/errors.ts';

/** Exit statuses of the commands. */
export const status = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130, terminated: 143 } as const;

/** Writes what went wrong to the error output: one message, and with FOVEA_DEBUG=1 the stack. */
export function reportError(error: unknown): void {
  const label = styleText('red', 'error:', { stream: process.stderr });
  process.stderr.write(`${label} ${messageOf(error)}\n`);
  if (process.env.FOVEA_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** Writes something that is no error but should be known, to the error output. */
export function reportNote(text: string): void {
  process.stderr.write(`${styleText('yellow', 'note:', { stream: process.stderr })} ${text}\n`);
}

export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? status.done : status.wrongUsage;
  return error instanceof UsageError ? status.wrongUsage : status.failed;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error instanceof FoveaError || 'syscall' in error || error.message.startsWith('internal:');
  if (expected) return error.message;
  return `internal: ${error.message} (a fault of fovea itself; FOVEA_DEBUG=1 shows where)`;
}
