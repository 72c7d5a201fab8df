// Output of commands: results go to standard output; with --json everything else goes to standard error.
import { styleText } from 'node:util';
import { visible, visibleJson } from '../base/text.ts';
import { writeLine } from './terminal.ts';

export interface Output {
  readonly json: boolean;
  /** A line about progress. */
  log(line: string): void;
  /** The result: as JSON on one line, or as text. */
  result(value: unknown, text: () => string): void;
}

export function openOutput(json = false): Output {
  return {
    json,
    log: (line) => writeLine(json ? 'stderr' : 'stdout', line),
    result: (value, text) => writeLine('stdout', json ? visibleJson(value) : text()),
  };
}

/** Bold on a terminal, plain elsewhere and under NO_COLOR. */
export function heading(text: string): string {
  return styleText('bold', visible(text));
}

/** Dimmed on a terminal. */
export function faint(text: string): string {
  return styleText('dim', visible(text));
}

/** Width in columns: COLUMNS, or that of the terminal; undefined without either, when lines may have any length. */
export function terminalWidth(): number | undefined {
  const { COLUMNS } = process.env;
  if (/^[1-9]\d*$/.test(COLUMNS ?? '')) return Number(COLUMNS);
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined; // Some terminals report 0.
}
