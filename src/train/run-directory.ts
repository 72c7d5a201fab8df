// A run directory as the run that goes on in it sees it: no other process writes into it meanwhile.
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, UsageError } from '../base/errors.ts';
import {
  type Checkpoint,
  type LoadOptions,
  loadCheckpoint,
  saveCheckpoint,
} from '../checkpoints/checkpoint.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { removeUnfinished, replaceFile, writeError } from '../system/files.ts';
import { holderOf, type Release, tryLock } from '../system/lock.ts';
import { checksumsOf, writeFileRecords } from './data-record.ts';
import type { Listener } from './events.ts';
import type { Fingerprint } from './fingerprint.ts';
import { dropKept, keepLast } from './kept-checkpoints.ts';
import { CONFIG, checkpointPath, DATA, EVENTS, readConfig, readEvents } from './run-files.ts';
import type { CheckpointKind, CheckpointStore } from './store.ts';

/** Everything that a run puts into its directory, the report included. */
const OWN_FILES = [CONFIG, EVENTS, DATA, 'best.safetensors', 'last.safetensors', 'report.html'];
const LOCK = '.lock';

/** How a run uses its directory. */
export interface DirectoryOptions extends LoadOptions {
  /** Last checkpoints that are kept beside `last`; none unless given. */
  readonly keep?: number | undefined;
}

/** Data that differ from those that a run began with. */
export interface DataChange {
  /** Steps done before. */
  readonly step: number;
  readonly differences: readonly string[];
  readonly images: Recipe['images'];
  readonly fingerprint: Fingerprint;
}

export class RunDirectory implements CheckpointStore {
  readonly path: string;
  private readonly options: DirectoryOptions;
  private readonly release: Release;
  private savedStep: number | undefined;
  private recordedEngine: string | undefined;

  private constructor(path: string, options: DirectoryOptions, release: Release) {
    this.path = path;
    this.options = options;
    this.release = release;
  }

  /**
   * Makes the directory, with its configuration in it.
   * @param options model and loss, to read the checkpoints with
   * @throws UsageError if it holds something and `overwrite` is not set; then only files of a run are removed
   * @throws DataError if it cannot be written, or another process trains in it
   */
  static async create(
    path: string,
    config: object,
    fingerprint: Fingerprint,
    { overwrite = false, ...options }: DirectoryOptions & { overwrite?: boolean },
  ): Promise<RunDirectory> {
    await makeFolder(path);
    const directory = await RunDirectory.open(path, options, async () => {
      const present = (await readdir(path)).filter((name) => name !== LOCK);
      if (present.length > 0 && !overwrite) throw occupied(path, present);
      await Promise.all(OWN_FILES.map((name) => rm(join(path, name), { force: true })));
      await dropKept(path, 0);
      await writeFileRecords(path, fingerprint);
      await writeConfig(path, config);
    });
    directory.recordedEngine = engineOf(config);
    return directory;
  }

  /**
   * The directory of a run that goes on after `step` steps; events and kept checkpoints of later steps, which will be done
   * again, are removed.
   * @throws DataError if it cannot be written, or another process trains in it
   */
  static async reopen(path: string, step: number, options: DirectoryOptions): Promise<RunDirectory> {
    const directory = await RunDirectory.open(path, options, async () => {
      const kept = (await readEvents(path)).filter((event) => !('step' in event && event.step > step));
      const lines = kept.map((event) => `${JSON.stringify(event)}\n`).join('');
      await replaceFile(join(path, EVENTS), [toBytes(lines)]);
      await dropKept(path, step);
    });
    directory.savedStep = step;
    directory.recordedEngine = engineOf(await readConfig(path).catch(() => ({})));
    return directory;
  }

  /** @param prepare what is done before anything else when the directory is ours */
  private static async open(
    path: string,
    options: DirectoryOptions,
    prepare: () => Promise<void>,
  ): Promise<RunDirectory> {
    const release = await lock(path);
    try {
      await prepare();
      await removeUnfinished(path);
      return new RunDirectory(path, options, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.release();
  }

  /** Records that the run continues with other data: the next resume is compared with these. */
  async recordDataChange(change: DataChange): Promise<void> {
    const { fingerprint, images, ...entry } = change;
    const config = await readConfig(this.path);
    const earlier = Array.isArray(config.dataChanges) ? config.dataChanges : [];
    await writeFileRecords(this.path, fingerprint);
    await writeConfig(this.path, {
      ...config,
      data: { ...Object(config.data), images, checksums: checksumsOf(fingerprint) },
      dataChanges: [...earlier, { ...entry, time: new Date().toISOString() }],
    });
  }

  /** Keeps how the run was resumed, so that it goes on in the same way when it is resumed again. */
  async recordCaller(caller: Readonly<Record<string, unknown>>): Promise<void> {
    const config = await readConfig(this.path).catch(() => undefined);
    if (config) await writeConfig(this.path, { ...config, caller }); // The run does not need it.
  }

  async save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<string> {
    const path = checkpointPath(this.path, kind);
    await this.writing(() => saveCheckpoint(path, checkpoint));
    const step = checkpoint.training?.step;
    if (kind === 'last' && step !== undefined) {
      this.savedStep = step;
      await this.writing(() => keepLast(this.path, step, this.options.keep ?? 0));
    }
    return path;
  }

  get engine(): string | undefined {
    return this.recordedEngine;
  }

  get lastStep(): number | undefined {
    return existsSync(checkpointPath(this.path, 'last')) ? this.savedStep : undefined;
  }

  async loadBest(): Promise<Checkpoint | undefined> {
    const path = checkpointPath(this.path, 'best');
    return existsSync(path) ? loadCheckpoint(path, this.options) : undefined;
  }

  /** Appends every event to `events.jsonl`, each before the run goes on, so that a killed run keeps its lines. */
  get eventWriter(): Listener {
    const path = join(this.path, EVENTS);
    return async (event) => {
      if (event.type === 'progress') return;
      await this.writing(async () => {
        await appendFile(path, `${JSON.stringify(event)}\n`).catch((error) => {
          throw writeError(path, error);
        });
      });
    };
  }

  /** Writes the current engine into `config.json`, and the earlier ones with the reason for the change. */
  get engineRecorder(): Listener {
    return async (event) => {
      if (event.type !== 'engine changed') return;
      const { step, from, to, reason } = event;
      this.recordedEngine = to;
      const config = await readConfig(this.path).catch(() => undefined);
      if (!config) return; // The run does not need it.
      const before = Array.isArray(config.engineChanges) ? config.engineChanges : [];
      const engineChanges = [...before, { step, from, to, reason }];
      await this.writing(() => writeConfig(this.path, { ...config, engine: to, engineChanges }));
    };
  }

  private async writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw existsSync(this.path) ? error : gone(this.path, error);
    }
  }
}

async function writeConfig(run: string, config: object): Promise<void> {
  await replaceFile(join(run, CONFIG), [toBytes(`${JSON.stringify(config, undefined, 2)}\n`)]);
}

function engineOf(config: object): string | undefined {
  return 'engine' in config && typeof config.engine === 'string' ? config.engine : undefined;
}

async function makeFolder(path: string): Promise<void> {
  const made = mkdir(path, { recursive: true }).catch(() => mkdir(path)); // Which says why, on a read-only disk too.
  await made.catch((error) => {
    throw writeError(path, error);
  });
}

/** @throws DataError if another process trains in the folder */
async function lock(path: string): Promise<Release> {
  const file = join(path, LOCK);
  const release = await tryLock(file);
  if (release) return release;
  throw new DataError(
    `${await holderOf(file)} is training in the folder ${path}; wait until it has ended, or choose another folder. ` +
      `If that is not so, remove ${file}.`,
  );
}

function gone(path: string, cause: unknown): DataError {
  return new DataError(
    `the folder of the run, ${path}, is not there any more: it was removed or moved while the run went on. If it was ` +
      'moved, resume the run where it is now; else begin it again.',
    { cause },
  );
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
