// What the files of a run tell without its data set: its configuration, its history, and how it ended.
import { isRecord } from '../base/json.ts';
import {
  type EvaluatedEvent,
  type LoggedEvent,
  readConfig,
  readEvents,
  type TrainEvent,
  type TrainResult,
} from '../train/index.ts';

/** Events by their kind, in order. */
export interface History {
  readonly logged: readonly LoggedEvent[];
  readonly validations: readonly EvaluatedEvent[];
  /** With the best checkpoint, if the run came to its end. */
  readonly test?: EvaluatedEvent;
}

/** How a run ended, or that it did not. */
export interface Outcome {
  readonly state: 'finished' | 'stopped early' | 'interrupted' | 'failed' | 'not finished';
  /** Why, where it did not simply finish. */
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
  /** Times that the run was resumed. */
  readonly resumed: number;
  /** Wall time of all its processes together, up to the last event of each. */
  readonly seconds: number;
}

/** @throws DataError if the folder holds no run */
export async function readRun(run: string): Promise<RunRecord> {
  const config = await readConfig(run);
  const events = await readEvents(run);
  const starts = events.flatMap(({ type }, i) => (type === 'started' ? [i] : []));
  const latest = events.slice(starts.at(-1) ?? 0);
  return {
    run,
    config,
    history: historyOf(events, latest),
    warnings: events.flatMap((event) => (event.type === 'warned' ? [event.message] : [])),
    outcome: outcomeOf(latest),
    resumed: Math.max(0, starts.length - 1),
    seconds: secondsOf(events),
  };
}

/** Each process counts from 0, and begins by saying that it starts. */
function secondsOf(events: readonly TrainEvent[]): number {
  const ends = events.filter((_, i) => i === events.length - 1 || events[i + 1].type === 'started');
  return ends.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** @param latest events since the run was begun or last gone on with: a test of before is not that of the run */
function historyOf(events: readonly TrainEvent[], latest: readonly TrainEvent[]): History {
  const evaluated = (list: readonly TrainEvent[], split: string) =>
    list.filter((event) => event.type === 'evaluated').filter((event) => event.split === split);
  const test = evaluated(latest, 'test').at(-1);
  return {
    logged: events.filter((event) => event.type === 'logged'),
    validations: evaluated(events, 'valid'),
    ...(test && { test }),
  };
}

function outcomeOf(latest: readonly TrainEvent[]): Outcome {
  const failed = latest.findLast((event) => event.type === 'failed');
  if (failed) return { state: 'failed', reason: failed.message };
  const ended = latest.findLast((event) => event.type === 'ended');
  if (!ended) return { state: 'not finished', reason: 'it goes on, or its process was ended' };
  const { result } = ended;
  const stopped = latest.findLast((event) => event.type === 'stopped');
  if (!stopped) return { state: 'finished', result };
  return { state: result.interrupted ? 'interrupted' : 'stopped early', reason: stopped.reason, result };
}

/** What the configuration has under these keys, one inside the other; undefined where there is nothing. */
export function configAt(config: RunRecord['config'], ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config);
}

/** The text under these keys; empty where there is none. */
export function textAt(config: RunRecord['config'], ...keys: readonly string[]): string {
  const value = configAt(config, ...keys);
  return typeof value === 'string' ? value : '';
}
