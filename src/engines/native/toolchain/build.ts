// Turns C files into a shared library: compiled side by side, linked, and kept on disk.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbortedError, EngineError, FoveaError } from '../../../base/errors.ts';
import { note, reportProgress } from '../../../system/notices.ts';
import type { StopSignal } from '../../../system/stop-signal.ts';
import { packageVersion } from '../../../system/version.ts';
import { inParallel, type Outcome, runCommand } from './processes.ts';
import { keyOf, type Notify, nativeCacheFolder, Store, standInFor } from './store.ts';
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
  /** Folder of compiled code. Defaults to the user's cache. */
  readonly folder?: string;
  /** Is told in one line if the folder cannot be used. */
  readonly notify?: Notify;
  /** Aborting it kills the compilers. */
  readonly signal?: StopSignal | undefined;
  /** Timeout for one file, in milliseconds. */
  readonly timeout?: number;
}

export interface BuiltLibrary {
  readonly path: string;
  /** Files that had to be compiled: 0 if all was in the cache. */
  readonly compiled: number;
  readonly milliseconds: number;
}

const COMPILE_FLAGS = [
  '-std=gnu11',
  '-O2',
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
/** The largest kernels take seconds; a machine may be a hundred times slower or busier. */
const FILE_TIMEOUT = 5 * 60e3;

/**
 * A shared library made from `files`, from the cache if it was made before.
 * @throws EngineError with the compiler's message if a file does not compile
 */
export async function buildLibrary(options: BuildOptions): Promise<BuiltLibrary> {
  const start = performance.now();
  const { toolchain, files, folder = nativeCacheFolder(), notify = note } = options;
  const store = await Store.open(folder, notify);
  const sources = files.map((file) => ({ ...file, key: objectKey(toolchain, file) }));
  const key = libraryKey(sources);
  const kept = await store.find(key);
  const { path, compiled } = kept ? { path: kept, compiled: 0 } : await make(options, store, sources, key);
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
  const { folder = nativeCacheFolder(), notify = note } = options;
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
  const target = [platform(), arch(), cpu, packageVersion(), command, version];
  return keyOf([...target, ...COMPILE_FLAGS, ...flags, ...(file.flags ?? []), file.source]);
}

function libraryKey(objects: readonly { key: string }[]): string {
  return keyOf([...LINK_FLAGS, ...objects.map(({ key }) => key)]);
}

async function make(options: BuildOptions, store: Store, sources: readonly KeyedSource[], key: string) {
  const workshop = await openWorkshop(options, store);
  try {
    const { objects, compiled } = await makeObjects(workshop, store, sources);
    const path = await store.keep(key, await workshop.link(objects), LIBRARY_EXTENSION);
    await store.clear();
    return { path, compiled };
  } catch (error) {
    throw error instanceof FoveaError ? error : cannotWrite(error as Error);
  } finally {
    await workshop.close();
  }
}

/** Compiles what is not in the store yet. */
async function makeObjects(workshop: Workshop, store: Store, sources: readonly KeyedSource[]) {
  const kept = new Map<string, string>();
  for (const { key } of sources) {
    const path = await store.find(key);
    if (path !== undefined) kept.set(key, path);
  }
  // The longest first, so that no processor is left alone with it at the end.
  const order = sources.toSorted((a, b) => b.source.length - a.source.length);
  const total = order.filter(({ key }) => !kept.has(key)).length;
  let done = 0;
  const report = () => reportProgress({ task: 'compiling', unit: 'files', done, total });
  const objectOf = async (source: KeyedSource): Promise<string> => {
    const path = kept.get(source.key);
    if (path !== undefined) return path;
    const object = await store.keep(source.key, await workshop.compile(source), '.o');
    done++;
    report();
    return object;
  };
  report();
  try {
    return { objects: await inParallel(order, availableParallelism(), objectOf), compiled: total };
  } finally {
    reportProgress(undefined);
  }
}

async function openWorkshop(options: BuildOptions, store: Store): Promise<Workshop> {
  try {
    return new Workshop(options, store, await mkdtemp(join(tmpdir(), 'fovea-build-')));
  } catch (error) {
    throw cannotWrite(error as Error);
  }
}

function cannotWrite(error: Error): EngineError {
  return new EngineError(
    `compiled code cannot be written (${error.message}); free some space, or set TMPDIR and FOVEA_CACHE to folders ` +
      'that can be written.',
    { cause: error },
  );
}

/** A temporary folder in which files are compiled. */
class Workshop {
  private readonly options: BuildOptions;
  private readonly store: Store;
  private readonly folder: string;

  constructor(options: BuildOptions, store: Store, folder: string) {
    this.options = options;
    this.store = store;
    this.folder = folder;
  }

  /** Path of the object file. */
  async compile({ name, source, flags = [], key }: KeyedSource): Promise<string> {
    const stem = `${name.replace(/[^\w.-]/g, '_')}-${key.slice(0, 8)}`;
    const [code, object] = [join(this.folder, `${stem}.c`), join(this.folder, `${stem}.o`)];
    await writeFile(code, source);
    const all = [...COMPILE_FLAGS, ...this.options.toolchain.flags, ...flags];
    const failure = await this.run(`compile ${name}`, [...all, '-c', `${stem}.c`, '-o', object]);
    if (failure === undefined) return object;
    // Under one name however often it fails, and removed from the cache like all that is not used.
    const kept = await this.store.keep(keyOf(['source', key]), code, '.c').catch(() => undefined);
    throw new EngineError(kept ? `${failure} The source is kept as ${kept}.` : failure);
  }

  /** Path of the library. */
  async link(objects: readonly string[]): Promise<string> {
    const library = join(this.folder, `library${LIBRARY_EXTENSION}`);
    const failure = await this.run('link', [...objects, ...LINK_FLAGS, '-o', library]);
    if (failure === undefined) return library;
    throw new EngineError(failure);
  }

  /**
   * What went wrong, unless all went well.
   * @throws AbortedError if the signal ended it
   */
  private async run(task: string, args: readonly string[]): Promise<string | undefined> {
    const { toolchain, signal, timeout = FILE_TIMEOUT } = this.options;
    const { command, version } = toolchain;
    const outcome = await runCommand(command, args, { folder: this.folder, timeout, signal });
    if (outcome.ok) return undefined;
    if (signal?.aborted) throw new AbortedError(`compiling was interrupted (${String(signal.reason)}).`);
    return (
      `the C compiler could not ${task} (${command}: ${version}; ${outcome.ending}). It says:\n` +
      `${shortened(outcome)}\nTo go on, choose another compiler with FOVEA_CC, or the onnx engine, which needs none.`
    );
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true }).catch(() => {});
  }
}

function shortened({ complaint }: Outcome): string {
  const text = complaint.trim() || '(nothing)';
  return text.length <= LONGEST_COMPLAINT ? text : `${text.slice(0, LONGEST_COMPLAINT)}\n...`;
}
