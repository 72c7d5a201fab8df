// A progress bar with rate and time left, on the error output if that is a terminal.
const barWidth = 24;
const redrawMilliseconds = 100;

/** `train  ######------  120/500  35 steps/s  0:11 left`, redrawn in place. Draws nothing unless there is a terminal. */
export class ProgressBar {
  private readonly stream: NodeJS.WriteStream;
  private task = '';
  private started = 0;
  private startedAt = 0;
  private drawn = 0;
  private visible = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.stream = stream;
  }

  /**
   * Shows that `done` of `total` units of a task are done; another task begins a new bar.
   * @param note what else there is to see, after the bar
   */
  update(task: string, done: number, total: number, unit: string, note = ''): void {
    if (!this.stream.isTTY) return;
    const now = performance.now();
    if (task !== this.task || done < this.startedAt) {
      this.task = task;
      this.started = now;
      this.startedAt = done;
    } else if (now - this.drawn < redrawMilliseconds && done < total) return;
    this.drawn = now;
    const rate = (1000 * (done - this.startedAt)) / Math.max(1, now - this.started);
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
