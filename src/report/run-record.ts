// What the files of a run record: its configuration, its history, and how it ended.
import { isRecord } from '../base/json.ts';
import {
  type EvaluatedEvent,
  type LoggedEvent,
  readConfig,
  readEvents,
  type TrainEvent,
  type TrainResult,
} from '../train/index.ts';

/** Events by type, in order. */
export interface History {
  readonly logged: readonly LoggedEvent[];
  readonly validations: readonly EvaluatedEvent[];
  /** Evaluation of the best checkpoint on the test set, if the run was completed. */
  readonly test?: EvaluatedEvent;
}

/** Whether and how a run ended. */
export interface Outcome {
  readonly state: 'finished' | 'stopped early' | 'interrupted' | 'failed' | 'not finished';
  /** Why it did not finish normally. */
  readonly reason?: string;
  readonly result?: TrainResult;
}

export interface RunRecord {
  readonly run: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly history: History;
  /** Warnings to the user. */
  readonly warnings: readonly string[];
  readonly outcome: Outcome;
  /** How often the run was resumed. */
  readonly resumed: number;
  /** Wall time of all its processes in seconds, up to the last event of each. */
  readonly seconds: number;
}

/** Reads the files of a run. @throws DataError if the folder does not contain a run */
export async function readRun(run: string): Promise<RunRecord> {
  const config = await readConfig(run);
  const events = await readEvents(run);
  const starts = events.flatMap(({ type }, i) => (type === 'started' ? [i] : []));
  const latest = events.slice(starts.at(-1) ?? 0);
  return {
    run,
    config,
    history: collectHistory(events, latest),
    warnings: events.flatMap((event) => (event.type === 'warned' ? [event.message] : [])),
    outcome: runOutcome(latest),
    resumed: Math.max(0, starts.length - 1),
    seconds: totalSeconds(events),
  };
}

/** Every process counts from 0, and its first event is `started`. */
function totalSeconds(events: readonly TrainEvent[]): number {
  const ends = events.filter((_, i) => i === events.length - 1 || events[i + 1].type === 'started');
  return ends.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** @param latest events since the last start or resume; an earlier test does not count */
function collectHistory(events: readonly TrainEvent[], latest: readonly TrainEvent[]): History {
  const evaluated = (list: readonly TrainEvent[], split: string) =>
    list.filter((event) => event.type === 'evaluated').filter((event) => event.split === split);
  const test = evaluated(latest, 'test').at(-1);
  return {
    logged: events.filter((event) => event.type === 'logged'),
    validations: evaluated(events, 'valid'),
    ...(test && { test }),
  };
}

function runOutcome(latest: readonly TrainEvent[]): Outcome {
  const failed = latest.findLast((event) => event.type === 'failed');
  if (failed) return { state: 'failed', reason: failed.message };
  const ended = latest.findLast((event) => event.type === 'ended');
  if (!ended) return { state: 'not finished', reason: 'it is still running, or its process was killed' };
  const { result } = ended;
  const stopped = latest.findLast((event) => event.type === 'stopped');
  if (!stopped) return { state: 'finished', result };
  return { state: result.interrupted ? 'interrupted' : 'stopped early', reason: stopped.reason, result };
}

/** The value at a path of nested keys; undefined if there is none. */
export function configAt(config: RunRecord['config'], ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config);
}

/** The text at a path of nested keys; empty if there is none. */
export function textAt(config: RunRecord['config'], ...keys: readonly string[]): string {
  const value = configAt(config, ...keys);
  return typeof value === 'string' ? value : '';
}
