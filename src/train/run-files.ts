// The files of a run directory, and reading its configuration and events.
import { join } from 'node:path';
import { DataError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { readRegularFile, readRegularFileIfAny } from '../system/files.ts';
import type { TrainEvent } from './events.ts';
import type { CheckpointKind } from './store.ts';

export const CONFIG = 'config.json';
export const EVENTS = 'events.jsonl';
/** The image files of the run's data, one per line. */
export const DATA = 'data.jsonl';

/** Path of a run's checkpoint. */
export function checkpointPath(run: string, kind: CheckpointKind): string {
  return join(run, `${kind}.safetensors`);
}

/**
 * The events of a run, in order; empty if there are none yet. A line that is not an event, such as an unfinished one of a
 * killed run, is skipped.
 * @throws DataError if the file exists and cannot be read
 */
export async function readEvents(run: string): Promise<TrainEvent[]> {
  const path = join(run, EVENTS);
  const text = (await readRegularFileIfAny(path))?.toString() ?? '';
  return text.split('\n').flatMap((line) => {
    const event = parseEvent(line);
    return event ? [event] : [];
  });
}

function parseEvent(line: string): TrainEvent | undefined {
  try {
    // JSON has no NaN: the loss of a run that has diverged is written as null.
    const json = JSON.parse(line, (key, value) => (key === 'loss' && value === null ? Number.NaN : value));
    return typeof json?.type === 'string' ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The content of a run's `config.json`.
 * @throws DataError if it does not exist or is damaged
 */
export async function readConfig(run: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(run, CONFIG);
  const config = parseObject(new TextDecoder().decode(await readRegularFile(path)));
  if (config) return config;
  throw new DataError(
    `${path}: is damaged: expected a JSON object with the settings of a run; restore a copy. The checkpoints beside it ` +
      'do not need it.',
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
