// Where a command's words go: the result to standard output, and beside a JSON document all else to the error output.
import { stripVTControlCharacters, styleText } from 'node:util';

export interface Output {
  readonly json: boolean;
  /** One line about what is going on. */
  log(line: string): void;
  /** The result: as JSON on one line, or as text. */
  result(value: unknown, text: () => string): void;
}

export function openOutput(json = false): Output {
  return {
    json,
    log: (line) => {
      if (json) process.stderr.write(`${stripVTControlCharacters(line)}\n`);
      else process.stdout.write(`${line}\n`);
    },
    result: (value, text) => {
      process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
    },
  };
}

/** Bold on a terminal, plain elsewhere and under NO_COLOR. */
export function heading(text: string): string {
  return styleText('bold', text);
}

/** Dimmed on a terminal. */
export function faint(text: string): string {
  return styleText('dim', text);
}

/** Width of the terminal in columns; none if the output is no terminal, and lines may be of any length. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined; // Some terminals say 0.
}
