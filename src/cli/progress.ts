// A progress bar with rate and time left, on the error output if that is a terminal.
import { formatClock } from '../base/text.ts';
import { StatusLine, statusLine } from './terminal.ts';

/** Characters of the bar, where there is room for it. */
const barWidths = [24, 10, 0] as const;
const redrawMilliseconds = 100;

/** `train  ######------  120/500  35 steps/s  0:11 left`, redrawn in place. Draws nothing unless there is a terminal. */
export class ProgressBar {
  private readonly line: StatusLine;
  private task = '';
  private readonly begun = new Map<string, Beginning>();
  private drawn = 0;

  constructor(line: StatusLine | NodeJS.WriteStream = statusLine) {
    this.line = line instanceof StatusLine ? line : new StatusLine(line);
  }

  /**
   * Shows that `done` of `total` units of a task are done; another task has a bar of its own. A task that was left for
   * another goes on where it was, and that time counts.
   * @param notes what else there is to see, after the bar, in words from long to short
   */
  update(task: string, done: number, total: number, unit: string, notes: readonly string[] = ['']): void {
    if (!this.line.isTerminal) return;
    const now = performance.now();
    const before = this.begun.get(task);
    const beginning =
      before && done >= before.latest ? { ...before, latest: done } : { time: now, done, latest: done };
    this.begun.set(task, beginning);
    if (task === this.task && now - this.drawn < redrawMilliseconds && done < total) return;
    this.task = task;
    this.drawn = now;
    const rate = (1000 * (done - beginning.done)) / Math.max(1, now - beginning.time);
    this.line.draw(fittedProgress({ task, done, total, unit, rate }, notes, this.line.width));
  }

  /** Removes the bar, so that lines can be written; the next update draws it again. */
  clear(): void {
    this.line.clear();
  }
}

/** Of a task. */
interface Beginning {
  /** In milliseconds, by a clock that nobody sets. */
  readonly time: number;
  /** Units that were done then. */
  readonly done: number;
  /** Units that were done when it was last heard of: with fewer it has begun anew. */
  readonly latest: number;
}

interface Progress {
  readonly task: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  /** Units per second; 0 while it is not known. */
  readonly rate: number;
}

/** Optional parts of a progress line. */
interface Room {
  /** Characters of the bar. */
  readonly bar?: number;
  readonly speed?: boolean;
  readonly left?: boolean;
}

const rooms: readonly Room[] = [
  ...barWidths.map((bar) => ({ bar })),
  { bar: 0, speed: false },
  { bar: 0, speed: false, left: false },
];

export function formatProgress(
  { task, done, total, unit, rate }: Progress,
  { bar = barWidths[0], speed = true, left = true }: Room = {},
): string {
  const filled = total > 0 ? Math.min(bar, Math.floor((bar * done) / total)) : bar;
  return [
    task,
    ...(bar > 0 ? ['#'.repeat(filled) + '-'.repeat(bar - filled)] : []),
    `${done}/${total}`,
    ...(speed && rate > 0 ? [`${rate >= 100 ? Math.round(rate) : rate.toFixed(1)} ${unit}/s`] : []),
    ...(left && rate > 0 ? [`${formatClock((total - done) / rate)} left`] : []),
  ].join('  ');
}

/** The longest form that fits: the bar shrinks first; the note, such as the loss, stays. */
export function fittedProgress(progress: Progress, notes: readonly string[], width: number): string {
  const forms = notes.flatMap((note) => rooms.map((room) => `${formatProgress(progress, room)}${note}`));
  return forms.find((form) => form.length <= width) ?? forms.at(-1)!;
}
