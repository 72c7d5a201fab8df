// The command line that does a run again.
import { basename } from 'node:path';
import { configAt, type RunRecord } from './run-record.ts';

/** Options that name the folder of the run: done again, it needs another one. */
const PLACE = ['--out', '--overwrite'];

/**
 * The command of a run as a shell takes it, without the folder that it wrote into; undefined if the configuration does
 * not tell. A program that is not Fovea's own is run by `node`.
 */
export function repeatCommand(config: RunRecord['config']): string | undefined {
  const command = configAt(config, 'command');
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined;
  const [program, ...args] = command;
  if (program === undefined) return undefined;
  const isOwn = /^fovea(\.js)?$/.test(basename(program));
  const words = isOwn ? ['npx', 'fovea', ...withoutPlace(args)] : ['node', program, ...args];
  return words.map(shellWord).join(' ');
}

function withoutPlace(args: readonly string[]): string[] {
  return args.filter((word, i) => {
    const isValue = args[i - 1] === '--out';
    return !isValue && !PLACE.includes(word.split('=')[0]);
  });
}

/** As a POSIX shell reads it as one word. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
