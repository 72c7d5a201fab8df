// Turns errors into messages and exit statuses.
import { CommanderError } from 'commander';
import { FoveaError, UsageError } from '../base/errors.ts';
import { status } from './status.ts';
import { writeLabeled, writeLine } from './terminal.ts';

/** Writes an error to standard error; with FOVEA_DEBUG=1 with its stack. */
export function reportError(error: unknown): void {
  writeLabeled('red', 'error:', messageOf(error));
  if (process.env.FOVEA_DEBUG === '1' && error instanceof Error) writeLine('stderr', String(error.stack));
}

/** Writes a note to standard error. */
export function reportNote(text: string): void {
  writeLabeled('yellow', 'note:', text);
}

export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? status.done : status.wrongUsage;
  return error instanceof UsageError ? status.wrongUsage : status.failed;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isOutOfMemory(error))
    return `not enough memory (${error.message}); use a smaller batch or smaller images.`;
  const expected = error instanceof FoveaError || 'syscall' in error || error.message.startsWith('internal:');
  if (expected) return error.message;
  return `internal: ${error.message} (a bug in fovea; show where with FOVEA_DEBUG=1)`;
}

/** Messages of JavaScript and native packages when an allocation fails. */
function isOutOfMemory({ message }: Error): boolean {
  return /^(Invalid typed array length|Invalid array (buffer )?length|Array buffer allocation failed|std::bad_alloc)/.test(
    message,
  );
}
