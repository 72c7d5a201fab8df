// A progress bar with rate and time left, on the error output if that is a terminal.
const barWidth = 24;
const redrawMilliseconds = 100;

/** `train  ######------  120/500  35 steps/s  0:11 left`, redrawn in place. Draws nothing unless there is a terminal. */
export class ProgressBar {
  private readonly stream: NodeJS.WriteStream;
  private task = '';
  private readonly begun = new Map<string, Beginning>();
  private drawn = 0;
  private visible = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.stream = stream;
  }

  /**
   * Shows that `done` of `total` units of a task are done; another task has a bar of its own. A task that was left for
   * another goes on where it was, and that time counts.
   * @param note what else there is to see, after the bar
   */
  update(task: string, done: number, total: number, unit: string, note = ''): void {
    if (!this.stream.isTTY) return;
    const now = performance.now();
    const before = this.begun.get(task);
    const beginning =
      before && done >= before.latest ? { ...before, latest: done } : { time: now, done, latest: done };
    this.begun.set(task, beginning);
    if (task === this.task && now - this.drawn < redrawMilliseconds && done < total) return;
    this.task = task;
    this.drawn = now;
    const rate = (1000 * (done - beginning.done)) / Math.max(1, now - beginning.time);
    this.draw(`${formatProgress({ task, done, total, unit, rate })}${note}`);
  }

  /** Removes the bar, so that lines can be written; the next update draws it again. */
  clear(): void {
    if (this.visible) this.stream.write('\r\x1b[K');
    this.visible = false;
  }

  private draw(line: string): void {
    this.stream.write(`\r${line.slice(0, (this.stream.columns || 80) - 1)}\x1b[K`);
    this.visible = true;
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

export function formatProgress({ task, done, total, unit, rate }: Progress): string {
  const filled = total > 0 ? Math.min(barWidth, Math.floor((barWidth * done) / total)) : barWidth;
  const bar = '#'.repeat(filled) + '-'.repeat(barWidth - filled);
  const speed = rate > 0 ? `  ${rate >= 100 ? Math.round(rate) : rate.toFixed(1)} ${unit}/s` : '';
  const left = rate > 0 ? `  ${formatDuration((total - done) / rate)} left` : '';
  return `${task}  ${bar}  ${done}/${total}${speed}${left}`;
}

/** Seconds as `0:07`, `12:34` or `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
