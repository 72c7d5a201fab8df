// Where the choices of tuning are kept: one file for each processor, compiler, set of flags and number of threads.
import { join } from 'node:path';
import { EngineError } from '../../../base/errors.ts';
import { note } from '../../../system/notices.ts';
import { packageVersion } from '../../../system/version.ts';
import { readRecord, writeRecord } from '../toolchain/records.ts';
import { keyOf, type Notify, nativeCacheFolder } from '../toolchain/store.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';
import type { Choice, Choices } from './tuning.ts';

/** What choices are valid for. */
export interface TunedMachine {
  readonly toolchain: Toolchain;
  readonly threads: number;
}

/** The file's content. */
interface Stored {
  readonly processor: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly threads: number;
  readonly choices: Readonly<Record<string, Choice>>;
}

export interface TuningStoreOptions {
  /** Defaults to the user's cache. */
  readonly folder?: string;
  /** Is told in one line, once, if the file is damaged. */
  readonly notify?: Notify;
}

export function tuningPath({ toolchain, threads }: TunedMachine, folder = nativeCacheFolder()): string {
  const { cpu, version, flags } = toolchain;
  return join(folder, `tuning-${keyOf([packageVersion(), cpu, version, ...flags, String(threads)])}.json`);
}

/** Damaged files that the user knows of. */
const reported = new Set<string>();

/** The choices for a machine: none where nothing was tuned. A damaged file is passed over with a notice. */
export async function readChoices(
  machine: TunedMachine,
  { folder = nativeCacheFolder(), notify = note }: TuningStoreOptions = {},
): Promise<Choices> {
  const path = tuningPath(machine, folder);
  try {
    return choicesIn(await readRecord(path));
  } catch (error) {
    if (!reported.has(path)) {
      notify(
        `the tuning file ${path} is passed over (${(error as Error).message}); tune again with ` +
          '`fovea bench --tune`, or remove it.',
      );
    }
    reported.add(path);
    return new Map();
  }
}

function choicesIn(content: unknown): Choices {
  if (content === undefined) return new Map();
  const { choices } = content as Partial<Stored>;
  const entries = Object.entries(choices ?? { '': undefined });
  const isChoice = (choice: unknown): choice is Choice => {
    const { method, speedup } = (choice ?? {}) as Partial<Choice>;
    return typeof method === 'string' && typeof speedup === 'number';
  };
  if (entries.every(([, choice]) => isChoice(choice))) return new Map(entries as [string, Choice][]);
  throw new Error('it holds no list of choices');
}

/**
 * Keeps choices for later compilations, in the place of earlier ones for the same kernels.
 * @param measured keys of all kernels that were measured: those without a choice lose an earlier one
 * @throws EngineError if the cache folder cannot be written
 */
export async function keepChoices(
  machine: TunedMachine,
  measured: readonly string[],
  choices: Choices,
  options: TuningStoreOptions = {},
): Promise<void> {
  const { toolchain, threads } = machine;
  const kept = new Map(await readChoices(machine, options));
  for (const key of measured) kept.delete(key);
  for (const [key, choice] of choices) kept.set(key, choice);
  const stored: Stored = {
    processor: toolchain.cpu,
    compiler: toolchain.version,
    flags: toolchain.flags,
    threads,
    choices: Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const path = tuningPath(machine, options.folder);
  await writeRecord(path, stored).catch((error: Error) => {
    throw new EngineError(
      `what was tuned cannot be kept in ${path} (${error.message}); set FOVEA_CACHE to a writable folder.`,
      { cause: error },
    );
  });
}
