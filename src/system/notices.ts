// Notices and progress of the library for the user. By default, notices go to standard error and progress is dropped.
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
  /** Progress of work that the caller did not ask for, such as compiling; undefined when it has ended or failed. */
  progress(activity: Activity | undefined): void;
}

let audience: Audience = {
  note: (line) => process.stderr.write(`fovea: ${visible(line)}\n`),
  progress: () => {},
};

/** Sends all further notices and progress to `next`. */
export function setAudience(next: Audience): void {
  audience = next;
}

export function note(line: string): void {
  audience.note(line);
}

export function reportProgress(activity: Activity | undefined): void {
  audience.progress(activity);
}
