// A run directory: config.json, events.jsonl (one event a line), best.safetensors and last.safetensors.
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readWhole, replaceFile, writeError } from '../formats/index.ts';
import { UsageError } from '../tensor/errors.ts';
import { type Checkpoint, type LoadOptions, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { Listener, TrainEvent } from './events.ts';
import type { CheckpointKind, CheckpointStore } from './store.ts';

const CONFIG = 'config.json';
const EVENTS = 'events.jsonl';
/** Everything that a run puts into its directory, the report included. */
const OWN_FILES = [CONFIG, EVENTS, 'best.safetensors', 'last.safetensors', 'report.html'];

export class RunDirectory implements CheckpointStore {
  readonly path: string;
  private readonly options: LoadOptions;

  private constructor(path: string, options: LoadOptions) {
    this.path = path;
    this.options = options;
  }

  /**
   * Makes the directory, with its configuration in it.
   * @param options model and loss, to read the checkpoints with
   * @throws UsageError if it holds something and `overwrite` is not set; then only files of a run are removed
   * @throws DataError if it cannot be written
   */
  static async create(
    path: string,
    config: object,
    { overwrite = false, ...options }: LoadOptions & { overwrite?: boolean },
  ): Promise<RunDirectory> {
    const made = await mkdir(path, { recursive: true }).catch((error) => {
      throw writeError(path, error);
    });
    const present = made === undefined ? await readdir(path) : [];
    if (present.length > 0 && !overwrite) throw occupied(path, present);
    await replaceFile(join(path, CONFIG), [toBytes(`${JSON.stringify(config, undefined, 2)}\n`)]);
    const stale = OWN_FILES.filter((name) => name !== CONFIG);
    await Promise.all(stale.map((name) => rm(join(path, name), { force: true })));
    return new RunDirectory(path, options);
  }

  /** The directory of a run that goes on after `step` steps; events of later steps, which will be done again, are removed. */
  static async reopen(path: string, step: number, options: LoadOptions): Promise<RunDirectory> {
    const kept = (await readEvents(path)).filter((event) => !('step' in event && event.step > step));
    const lines = kept.map((event) => `${JSON.stringify(event)}\n`).join('');
    await replaceFile(join(path, EVENTS), [toBytes(lines)]);
    return new RunDirectory(path, options);
  }

  async save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<string> {
    const path = checkpointPath(this.path, kind);
    await saveCheckpoint(path, checkpoint);
    return path;
  }

  async loadBest(): Promise<Checkpoint | undefined> {
    const files = await readdir(this.path);
    return files.includes('best.safetensors')
      ? loadCheckpoint(checkpointPath(this.path, 'best'), this.options)
      : undefined;
  }

  /** Appends every event to `events.jsonl`, each before the run goes on, so that a killed run keeps its lines. */
  get eventWriter(): Listener {
    const path = join(this.path, EVENTS);
    return async (event) => {
      if (event.type === 'progress') return;
      await appendFile(path, `${JSON.stringify(event)}\n`).catch((error) => {
        throw writeError(path, error);
      });
    };
  }
}

/** Path of a run's checkpoint. */
export function checkpointPath(run: string, kind: CheckpointKind): string {
  return join(run, `${kind}.safetensors`);
}

/**
 * The events of a run, in order; a line that a killed run left unfinished is passed over. None if it has no events yet.
 */
export async function readEvents(run: string): Promise<TrainEvent[]> {
  const text = await readFile(join(run, EVENTS), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as TrainEvent];
    } catch {
      return [];
    }
  });
}

/**
 * The configuration of a run, as its `config.json` has it.
 * @throws DataError if there is none
 */
export async function readConfig(run: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(new TextDecoder().decode(await readWhole(join(run, CONFIG))));
}

function occupied(path: string, present: readonly string[]): UsageError {
  const isRun = present.includes(CONFIG) && present.includes(EVENTS);
  const found = isRun ? 'holds a run already' : `is not empty (it has ${present.slice(0, 3).join(', ')})`;
  const advice = isRun
    ? 'resume it, set overwrite to replace it, '
    : 'set overwrite to use it all the same, ';
  return new UsageError(`the folder ${path} ${found}; ${advice}or choose another folder.`);
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
