// Notices and progress of the library for the user. Lines go to standard error unless another audience
// is set; progress goes nowhere.
import { visible } from '../base/text.ts';

/** Completed units of a task, of `total`. */
export interface Activity {
  readonly task: string;
  readonly unit: string;
  readonly done: number;
  readonly total: number;
}

export interface Audience {
  /** A line for the user that is not an error. */
  note(line: string): void;
  /** Progress of work that a caller cannot foresee, such as compiling; undefined when it has ended, however it did. */
  progress(activity: Activity | undefined): void;
}

let audience: Audience = {
  note: (line) => process.stderr.write(`fovea: ${visible(line)}\n`),
  progress: () => {},
};

/** Sends all notices to `next` from now on. */
export function setAudience(next: Audience): void {
  audience = next;
}

export function note(line: string): void {
  audience.note(line);
}

export function reportProgress(activity: Activity | undefined): void {
  audience.progress(activity);
}
