// What the library says while it works, on the terminal: its notes, and how far compiling has come.
import type { Activity, Audience } from '../system/notices.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';
import { statusLine, writeLine } from './terminal.ts';

/** Silence after which a line is written where there is no terminal to draw a bar on. */
const SILENCE_MILLISECONDS = 2000;

export class NoticeView implements Audience {
  private readonly bar = new ProgressBar();
  private latest: Activity | undefined;
  private timer: NodeJS.Timeout | undefined;

  note(line: string): void {
    reportNote(line);
  }

  progress(activity: Activity | undefined): void {
    this.latest = activity;
    if (!statusLine.isTerminal) this.breakSilence();
    else if (activity) this.bar.update(activity.task, activity.done, activity.total, activity.unit);
    else this.bar.clear();
  }

  /** One line for each activity that takes long. */
  private breakSilence(): void {
    if (!this.latest) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    if (!this.latest || this.timer) return;
    this.timer = setTimeout(() => {
      const { task, done, total, unit } = this.latest!;
      writeLine('stderr', `${task}: ${done} of ${total} ${unit} done ...`);
    }, SILENCE_MILLISECONDS).unref();
  }
}
