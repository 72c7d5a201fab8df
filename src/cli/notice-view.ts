// Notices of the library on the terminal, and the progress of compiling.
import type { Activity, Audience } from '../system/notices.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';
import { statusLine, writeLine } from './terminal.ts';

/** Without a terminal, a line is written after this time. */
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

  /** One line for each long activity. */
  private breakSilence(): void {
    if (!this.latest) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    if (!this.latest || this.timer) return;
    this.timer = setTimeout(() => {
      if (!this.latest) return;
      const { task, done, total, unit } = this.latest;
      writeLine('stderr', `${task}: ${done} of ${total} ${unit} done ...`);
    }, SILENCE_MILLISECONDS).unref();
  }
}
