// What this machine has: engines that really run, versions, processor, memory, folders.
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { cacheFolder } from '../data/cache.ts';
import { type EngineName, engineNames, openEngine } from '../engines/index.ts';
import { findToolchain } from '../engines/native/toolchain.ts';
import { bench } from '../inspect/bench.ts';
import { Conv2d, defineModel, Flatten, Linear, Sequential } from '../nn/index.ts';
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
    readonly threads: number;
    readonly memoryBytes: number;
    readonly freeMemoryBytes: number;
  };
  /** Versions; null for a package that cannot be loaded. */
  readonly packages: {
    readonly fovea: string;
    readonly node: string;
    readonly onnxruntime: string | null;
    readonly sharp: string | null;
  };
  /** The C compiler of the native engine and the vector unit it compiles for, or null. */
  readonly compiler: { readonly version: string; readonly vector: string } | null;
  readonly folders: {
    readonly cache: string;
    /** What the cache folder holds. */
    readonly cached: readonly string[];
    /** FOVEA_DATA, or null. */
    readonly data: string | null;
  };
}

export async function diagnose(): Promise<Diagnosis> {
  const engines: EngineCheck[] = [];
  for (const name of engineNames) engines.push(await checkEngine(name));
  return {
    engines,
    machine: machine(),
    packages: {
      fovea: packageVersion(),
      node: process.versions.node,
      onnxruntime: await versionOf(async () => (await import('onnxruntime-node')).env.versions.node),
      sharp: await versionOf(async () => (await import('sharp')).default.versions.sharp),
    },
    compiler: await compiler(),
    folders: {
      cache: cacheFolder(),
      cached: entriesOf(cacheFolder()),
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

function machine(): Diagnosis['machine'] {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() || 'unknown processor',
    simd: simdExtensions(),
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
    const { version, vector } = await findToolchain();
    return { version, vector: vector.name };
  } catch {
    return null;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
