// Turns C files into a shared library: compiled side by side, linked, and kept on disk.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../tensor/errors.ts';
import { inParallel, type Outcome, runCommand } from './processes.ts';
import { keyOf, type Notify, nativeCacheFolder, notifyOnStandardError, Store, standInFor } from './store.ts';
import type { Toolchain } from './toolchain.ts';

export interface SourceFile {
  /** Name for messages, without extension. */
  readonly name: string;
  readonly source: string;
  /** Flags for this file alone; they come last and so win, for example `['-O1']`. */
  readonly flags?: readonly string[];
}

export interface BuildOptions {
  readonly toolchain: Toolchain;
  readonly files: readonly SourceFile[];
  /** Where compiled code is kept; the user's cache unless given. */
  readonly folder?: string;
  /** Is told in one line if the folder cannot be used. */
  readonly notify?: Notify;
}

export interface BuiltLibrary {
  readonly path: string;
  /** Files that had to be compiled: 0 if all was in the cache. */
  readonly compiled: number;
  readonly milliseconds: number;
}

const COMPILE_FLAGS = [
  '-std=gnu11',
  '-O3',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-strict-aliasing',
  '-fno-stack-protector',
  '-fvisibility=hidden',
  '-fPIC',
  '-pthread',
  '-w',
];
const MAC = platform() === 'darwin';
const LINK_FLAGS = MAC
  ? ['-dynamiclib', '-lm', '-lpthread']
  : ['-shared', '-fPIC', '-pthread', '-lm', '-ldl'];
const LIBRARY_EXTENSION = MAC ? '.dylib' : '.so';
const LONGEST_COMPLAINT = 4000;

const { version: foveaVersion } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { version: string };

/**
 * A shared library made from `files`, from the cache if it was made before.
 * @throws EngineError with the compiler's message if a file does not compile
 */
export async function buildLibrary(options: BuildOptions): Promise<BuiltLibrary> {
  const start = performance.now();
  const { toolchain, files, folder = nativeCacheFolder(), notify = notifyOnStandardError } = options;
  const store = await Store.open(folder, notify);
  const sources = files.map((file) => ({ ...file, key: objectKey(toolchain, file) }));
  const key = libraryKey(sources);
  const kept = await store.find(key);
  const { path, compiled } = kept ? { path: kept, compiled: 0 } : await make(toolchain, store, sources, key);
  return { path, compiled, milliseconds: performance.now() - start };
}

/** A library that was built and loaded. */
export interface LoadedLibrary<Loaded> {
  readonly built: BuiltLibrary;
  readonly loaded: Loaded;
}

/**
 * Builds a library and loads it. If a whole library does not load, for example because its folder allows no
 * execution, it is built once more in a temporary folder.
 * @param load throws an error if the library does not load
 * @throws EngineError if the library cannot be built; what `load` throws the second time
 */
export async function buildAndLoad<Loaded>(
  options: BuildOptions,
  load: (path: string) => Loaded,
): Promise<LoadedLibrary<Loaded>> {
  const { folder = nativeCacheFolder(), notify = notifyOnStandardError } = options;
  const built = await buildLibrary(options);
  try {
    return { built, loaded: load(built.path) };
  } catch (error) {
    const standIn = standInFor(folder);
    notify(`${(error as Error).message.split('\n')[0]} It is compiled again in ${standIn}.`);
    const again = await buildLibrary({ ...options, folder: standIn });
    return { built: again, loaded: load(again.path) };
  }
}

interface KeyedSource extends SourceFile {
  readonly key: string;
}

function objectKey({ command, version, cpu, flags }: Toolchain, file: SourceFile): string {
  const target = [platform(), arch(), cpu, foveaVersion, command, version];
  return keyOf([...target, ...COMPILE_FLAGS, ...flags, ...(file.flags ?? []), file.source]);
}

function libraryKey(objects: readonly { key: string }[]): string {
  return keyOf([...LINK_FLAGS, ...objects.map(({ key }) => key)]);
}

async function make(toolchain: Toolchain, store: Store, sources: readonly KeyedSource[], key: string) {
  const workshop = new Workshop(toolchain, await workFolder());
  let compiled = 0;
  const objectOf = async (source: KeyedSource): Promise<string> => {
    const kept = await store.find(source.key);
    if (kept) return kept;
    compiled++;
    return store.keep(source.key, await workshop.compile(source), '.o');
  };
  // The longest first, so that no processor is left alone with it at the end.
  const order = sources.toSorted((a, b) => b.source.length - a.source.length);
  const objects = await inParallel(order, availableParallelism(), objectOf);
  const library = await workshop.link(objects);
  const path = await store.keep(key, library, LIBRARY_EXTENSION);
  await workshop.close();
  await store.clear();
  return { path, compiled };
}

async function workFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'fovea-build-'));
  } catch (error) {
    throw new EngineError(
      `cannot compile: no temporary folder can be made (${(error as Error).message}); free some space, or set TMPDIR ` +
        'to a writable folder.',
      { cause: error },
    );
  }
}

/** A folder in which files are compiled; it stays if something fails. */
class Workshop {
  private readonly toolchain: Toolchain;
  private readonly folder: string;

  constructor(toolchain: Toolchain, folder: string) {
    this.toolchain = toolchain;
    this.folder = folder;
  }

  /** Path of the object file. */
  async compile({ name, source, flags = [], key }: KeyedSource): Promise<string> {
    const stem = `${name.replace(/[^\w.-]/g, '_')}-${key.slice(0, 8)}`;
    await writeFile(join(this.folder, `${stem}.c`), source);
    await this.run(
      [...COMPILE_FLAGS, ...this.toolchain.flags, ...flags, '-c', `${stem}.c`, '-o', `${stem}.o`],
      `compile ${name}`,
      `Its source is kept as ${join(this.folder, `${stem}.c`)}`,
    );
    return join(this.folder, `${stem}.o`);
  }

  /** Path of the library. */
  async link(objects: readonly string[]): Promise<string> {
    const name = `library${LIBRARY_EXTENSION}`;
    await this.run(
      [...objects, ...LINK_FLAGS, '-o', name],
      'link',
      `The objects are kept: ${objects[0]}, ...`,
    );
    return join(this.folder, name);
  }

  private async run(args: readonly string[], task: string, kept: string): Promise<void> {
    const { command, version } = this.toolchain;
    const outcome = await runCommand(command, args, { folder: this.folder });
    if (outcome.ok) return;
    throw new EngineError(
      `the C compiler could not ${task} (${command}: ${version}; ${outcome.ending}). It says:\n` +
        `${shortened(outcome)}\n${kept}.`,
    );
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function shortened({ complaint }: Outcome): string {
  const text = complaint.trim() || '(nothing)';
  return text.length <= LONGEST_COMPLAINT ? text : `${text.slice(0, LONGEST_COMPLAINT)}\n...`;
}
