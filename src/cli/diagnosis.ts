// What this machine has: engines that really run, versions, processor, memory, folders.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { bench } from '../diagnose/bench.ts';
import { type EngineName, engineNames, openEngine } from '../engines/index.ts';
import type { MachinePeak } from '../engines/instruments.ts';
import { findToolchain } from '../engines/native/toolchain/toolchain.ts';
import { readChoices } from '../engines/native/tuning/store.ts';
import { loadOnnxRuntime, type OnnxLibrary } from '../engines/onnx/library.ts';
import { Conv2d, defineModel, Flatten, Linear, Sequential } from '../nn/index.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import { packageVersion } from './version.ts';

/** Whether one training step of a tiny network ran on an engine. */
export interface EngineCheck {
  readonly name: EngineName;
  readonly runs: boolean;
  /** The engine that the name stands for. */
  readonly engine?: string;
  readonly error?: string;
}

export interface Diagnosis {
  readonly engines: readonly EngineCheck[];
  readonly machine: {
    readonly platform: string;
    readonly cpu: string;
    readonly simd: readonly string[];
    readonly cores: number;
    /** The default number of threads of an engine. */
    readonly threads: number;
    readonly memoryBytes: number;
    readonly freeMemoryBytes: number;
    /** Arithmetic and memory traffic as measured by generated code; null without a compiler. */
    readonly peak: MachinePeak | null;
  };
  /** Versions; null for a package that cannot be loaded. */
  readonly packages: {
    readonly fovea: string;
    readonly node: string;
    readonly onnxruntime: string | null;
    readonly sharp: string | null;
  };
  /** The build of ONNX Runtime that the onnx engine uses, and how to get a faster one; null if none loads. */
  readonly onnxruntime: Pick<OnnxLibrary, 'build' | 'advice'> | null;
  /** The C compiler of the native engine, or null. */
  readonly compiler: CompilerFacts | null;
  readonly folders: {
    readonly cache: string;
    /** What the cache folder holds. */
    readonly cached: readonly string[];
    /** Of all files in it. */
    readonly cacheFiles: number;
    readonly cacheBytes: number;
    /** FOVEA_DATA, or null. */
    readonly data: string | null;
  };
}

export interface CompilerFacts {
  readonly command: string;
  /** Where the command was found. */
  readonly path: string | null;
  readonly version: string;
  readonly flags: readonly string[];
  /** The vector unit that it compiles for, and the floats in one register. */
  readonly vector: string;
  readonly lanes: number;
  /** Kernels that tuning has found a faster way for, with as many threads as is usual. */
  readonly tunedKernels: number;
}

export async function diagnose(): Promise<Diagnosis> {
  const engines: EngineCheck[] = [];
  for (const name of engineNames) engines.push(await checkEngine(name));
  const onnxruntime = await loadOnnxRuntime(os.availableParallelism()).catch(() => null);
  return {
    engines,
    machine: { ...machine(), peak: await measuredPeak() },
    packages: {
      fovea: packageVersion(),
      node: process.versions.node,
      onnxruntime: onnxruntime?.version ?? null,
      sharp: await versionOf(async () => (await import('sharp')).default.versions.sharp),
    },
    onnxruntime: onnxruntime && {
      build: onnxruntime.build,
      ...(onnxruntime.advice !== undefined && { advice: onnxruntime.advice }),
    },
    compiler: await compiler(),
    folders: {
      cache: cacheFolder(),
      cached: entriesOf(cacheFolder()),
      ...usageOf(cacheFolder()),
      data: process.env.FOVEA_DATA || null,
    },
  };
}

async function checkEngine(name: EngineName): Promise<EngineCheck> {
  try {
    const engine = await openEngine(name);
    await bench('train', tinyModel(), engine, { batchSize: 2, steps: 1, warmUp: 0 });
    return { name, runs: true, engine: engine.name };
  } catch (error) {
    return { name, runs: false, error: (error as Error).message };
  }
}

function tinyModel() {
  const network = new Sequential([new Conv2d(1, 2, 3), new Flatten(), new Linear(8, 2)]);
  return defineModel({ name: 'tiny', network, input: [1, 4, 4], classes: 2 });
}

function machine(): Omit<Diagnosis['machine'], 'peak'> {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() || 'unknown processor',
    simd: simdExtensions(),
    cores: os.cpus().length,
    threads: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    freeMemoryBytes: os.freemem(),
  };
}

/** Vector extensions of the processor that this machine tells about, as Linux spells them. */
function simdExtensions(): string[] {
  if (process.arch === 'arm64') return ['neon'];
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
    return ['avx2', 'fma', 'avx512f', 'avx512_vnni'].filter((name) => flags.includes(name));
  } catch {
    return [];
  }
}

async function versionOf(load: () => Promise<string | undefined>): Promise<string | null> {
  try {
    return (await load()) ?? null;
  } catch {
    return null;
  }
}

async function compiler(): Promise<Diagnosis['compiler']> {
  try {
    const toolchain = await findToolchain();
    const { command, version, flags, vector } = toolchain;
    const choices = await readChoices({ toolchain, threads: os.availableParallelism() });
    const { name, lanes } = vector;
    const path = pathOf(command);
    return { command, path, version, flags, vector: name, lanes, tunedKernels: choices.size };
  } catch {
    return null;
  }
}

/** Where the shell would find a command. */
function pathOf(command: string): string | null {
  const folders = command.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => resolve(folder, command)).find((path) => existsSync(path)) ?? null;
}

async function measuredPeak(): Promise<MachinePeak | null> {
  try {
    return (await (await openEngine('native')).instruments?.measureMachine()) ?? null;
  } catch {
    return null;
  }
}

/** Files in a folder and below, and their size together. */
function usageOf(folder: string): { cacheFiles: number; cacheBytes: number } {
  const paths = entriesOf(folder, { recursive: true }).map((name) => join(folder, name));
  const files = paths.flatMap((path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts?.isFile() ? [facts.size] : [];
  });
  return { cacheFiles: files.length, cacheBytes: files.reduce((sum, size) => sum + size, 0) };
}

function entriesOf(folder: string, { recursive = false } = {}): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
