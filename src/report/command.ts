// The command that repeats a run.
import { basename } from 'node:path';
import { configAt, type RunRecord } from './run-record.ts';

/** Options about the folder of the run; a repeated run needs another one. */
const OUTPUT_OPTIONS = ['--out', '--overwrite'];

/**
 * The command of a run for a shell, without its output folder; undefined if the configuration does not contain it. Programs
 * other than `fovea` are run by `node`.
 */
export function repeatCommand(config: RunRecord['config']): string | undefined {
  const command = configAt(config, 'command');
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined;
  const [program, ...args] = command;
  if (program === undefined) return undefined;
  const isOwn = /^fovea(\.js)?$/.test(basename(program));
  const words = isOwn ? ['npx', 'fovea', ...withoutOutputOptions(args)] : ['node', program, ...args];
  return words.map(shellWord).join(' ');
}

function withoutOutputOptions(args: readonly string[]): string[] {
  return args.filter((word, i) => {
    const isValue = args[i - 1] === '--out';
    return !isValue && !OUTPUT_OPTIONS.includes(word.split('=')[0]);
  });
}

/** Quotes a word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
