// All terminal output goes through here: text from files, compilers and libraries cannot control the terminal, the status
// line never mixes with other lines, and a closed output ends the command.
import { styleText } from 'node:util';
import { visible } from '../base/text.ts';
import { status } from './status.ts';

type Channel = 'stdout' | 'stderr';

// biome-ignore lint/suspicious/noControlCharactersInRegex: styles begin with the escape character.
const OWN_STYLE = /(\x1b\[(?:1|2|22)m)/;

/** Writes a line, or several. */
export function writeLine(channel: Channel, text: string): void {
  writeText(channel, `${text}\n`);
}

/** Writes lines that include their line breaks. */
export function writeText(channel: Channel, text: string): void {
  statusLine.clear();
  put(process[channel], harmless(text, process[channel]));
}

/** Writes a line that begins with a colored label. Its further lines are indented, so that text from elsewhere cannot imitate a label. */
export function writeLabeled(color: 'red' | 'yellow', label: string, text: string): void {
  statusLine.clear();
  const stream = process.stderr;
  put(stream, `${styleText(color, label, { stream })} ${harmless(text, stream).replaceAll('\n', '\n  ')}\n`);
}

/** The status at the bottom of a terminal, redrawn in place. Nothing is written where there is no terminal. */
export class StatusLine {
  private readonly stream: NodeJS.WriteStream;
  private drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  /** Columns available. */
  get width(): number {
    return (this.stream.columns || 80) - 1; // Some terminals report 0.
  }

  draw(text: string): void {
    if (!this.isTerminal) return;
    put(this.stream, `\r${visible(text).slice(0, this.width)}\x1b[K`);
    this.drawn = true;
  }

  clear(): void {
    if (this.drawn) put(this.stream, '\r\x1b[K');
    this.drawn = false;
  }
}

export const statusLine = new StatusLine(process.stderr);

/** Only line breaks and our own styles are sent unchanged; other control characters are made visible. */
function harmless(text: string, stream: NodeJS.WriteStream): string {
  return text
    .split('\n')
    .map((line) => harmlessLine(line, stream))
    .join('\n');
}

function harmlessLine(line: string, stream: NodeJS.WriteStream): string {
  if (styleText('bold', ' ') === ' ') return visible(line); // Without color, we write no styles of our own.
  const keep = stream === process.stdout || stream.isTTY;
  return line
    .split(OWN_STYLE)
    .map((part, i) => (i % 2 === 0 ? visible(part) : keep ? part : ''))
    .join('');
}

/** Why standard output can no longer be written. */
export interface OutputLoss {
  readonly reason: string;
  /** Exit status for it. */
  readonly status: number;
}

type LossListener = (loss: OutputLoss) => void;

const lost = new Set<NodeJS.WriteStream>();
const listeners = new Set<LossListener>();

/** Registers a listener that saves before the command ends; without one it ends at once. @returns how to unregister it */
export function whenOutputIsLost(listener: LossListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Output cannot be written without a reader, as in `fovea models | head -1`, or after its terminal was closed. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (lost.has(process.stdout)) return;
    lost.add(process.stdout);
    loseOutput(lossOf(error));
  });
  process.stderr.on('error', () => lost.add(process.stderr)); // Results still go to standard output.
}

function loseOutput(loss: OutputLoss): void {
  if (loss.status === status.failed)
    writeLabeled('red', 'error:', `${loss.reason}; free some space, or write elsewhere.`);
  if (listeners.size === 0) process.exit(loss.status);
  for (const listener of listeners) listener(loss);
}

function lossOf({ code, message }: NodeJS.ErrnoException): OutputLoss {
  if (code === 'EPIPE') return { reason: 'standard output was closed', status: status.outputClosed };
  if (code === 'EIO') return { reason: 'the terminal was closed', status: status.outputClosed };
  return { reason: `standard output cannot be written (${code ?? message})`, status: status.failed };
}

function put(stream: NodeJS.WriteStream, text: string): void {
  if (!lost.has(stream)) stream.write(text);
}
