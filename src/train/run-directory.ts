// The directory of a running run, which no other process may write to.
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
import { removeTemporaryFiles, replaceFile, writeError } from '../system/files.ts';
import { describeHolder, type Release, tryLock } from '../system/lock.ts';
import { checksumsOf, writeFileRecords } from './data-record.ts';
import type { Listener } from './events.ts';
import type { Fingerprint } from './fingerprint.ts';
import { dropKept, keepLast } from './kept-checkpoints.ts';
import { CONFIG, checkpointPath, DATA, EVENTS, readConfig, readEvents } from './run-files.ts';
import type { CheckpointKind, CheckpointStore } from './store.ts';

/** All files of a run, including the report. */
const OWN_FILES = [CONFIG, EVENTS, DATA, 'best.safetensors', 'last.safetensors', 'report.html'];
const LOCK = '.lock';

export interface DirectoryOptions extends LoadOptions {
  /** Checkpoints to keep beside `last` (default: 0). */
  readonly keep?: number | undefined;
}

/** Data that differ from those a run started with. */
export interface DataChange {
  /** Steps done before the change. */
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
   * Creates the directory with its configuration.
   * @param options model and loss, to load the checkpoints
   * @throws UsageError if it is not empty, unless `overwrite` is set, which removes the files of a run
   * @throws DataError if it cannot be written, or another process trains in it
   */
  static async create(
    path: string,
    config: object,
    fingerprint: Fingerprint,
    { overwrite = false, ...options }: DirectoryOptions & { overwrite?: boolean },
  ): Promise<RunDirectory> {
    await createFolder(path);
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
   * Opens the directory of a run that continues after `step` steps. Events and checkpoints of later steps are removed: these
   * steps will be repeated.
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

  /** @param prepare called when the directory is locked */
  private static async open(
    path: string,
    options: DirectoryOptions,
    prepare: () => Promise<void>,
  ): Promise<RunDirectory> {
    const release = await lock(path);
    try {
      await prepare();
      await removeTemporaryFiles(path);
      return new RunDirectory(path, options, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.release();
  }

  /** Records that the run continues with other data, which the next resume is compared with. */
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

  /** Stores the options of a resumed run for the next resume. */
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

  /** Appends every event to `events.jsonl` before the run continues, so that a killed run keeps its events. */
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

  /** Writes the current engine to `config.json`, and earlier ones with the reason for the change. */
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

async function createFolder(path: string): Promise<void> {
  const created = mkdir(path, { recursive: true }).catch(() => mkdir(path)); // Reports the cause, also on a read-only disk.
  await created.catch((error) => {
    throw writeError(path, error);
  });
}

/** @throws DataError if another process trains in the folder */
async function lock(path: string): Promise<Release> {
  const file = join(path, LOCK);
  const release = await tryLock(file);
  if (release) return release;
  throw new DataError(
    `${await describeHolder(file)} is training in the folder ${path}; wait for its end, or choose another folder. ` +
      `If no run uses it, remove ${file}.`,
  );
}

function gone(path: string, cause: unknown): DataError {
  return new DataError(
    `the folder of the run, ${path}, no longer exists: it was removed or moved during the run. If it was ` +
      'moved, resume the run in the new place; otherwise start it again.',
    { cause },
  );
}

function occupied(path: string, present: readonly string[]): UsageError {
  const isRun = present.includes(CONFIG) && present.includes(EVENTS);
  const found = isRun ? 'already holds a run' : `is not empty (it has ${present.slice(0, 3).join(', ')})`;
  const advice = isRun ? 'resume it, set overwrite to replace it, ' : 'set overwrite to use it anyway, ';
  return new UsageError(`the folder ${path} ${found}; ${advice}or choose another folder.`);
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
