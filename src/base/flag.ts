// The options of programs as they are written on the command line.

/** `--batch-size` of `batchSize`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
