// For tests of the native engine: the compiler, small programs written by hand, and processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import typescript from 'typescript';
import { afterAll, onTestFinished } from 'vitest';
import { CONTRACT } from '../src/engines/native/compiler/contract.ts';
import type { SourceFile } from '../src/engines/native/toolchain/build.ts';
import { findToolchain, type Toolchain } from '../src/engines/native/toolchain/toolchain.ts';
import { describeIf, testIf } from './conditions.ts';

const { ModuleKind, ScriptTarget, transpileModule } = typescript;

const found = await findToolchain().catch((error: Error) => error);
const noCompiler = found instanceof Error ? found.message : undefined;

export const hasCompiler = noCompiler === undefined;

/** Runs where there is a C compiler, and on the given platform and architecture. */
export function nativeTestOn(where: { platform?: NodeJS.Platform; arch?: NodeJS.Architecture }) {
  const { platform = process.platform, arch = process.arch } = where;
  const fits = platform === process.platform && arch === process.arch;
  return testIf(fits && hasCompiler, noCompiler ?? `for ${platform} on ${arch}`);
}

/** Runs where there is a C compiler. */
export const nativeTest = nativeTestOn({});
export const describeNative = describeIf(hasCompiler, noCompiler ?? '');

/** The machine's toolchain, inside a `nativeTest`. */
export const toolchain = found as Toolchain;

/** A program whose step has this body; `body` can use `pool`, `me` and `buffers`. */
export function programFile(body: string, flags: readonly string[] = []): SourceFile {
  const source = `#include <math.h>
#include <time.h>
${CONTRACT}
void fovea_step(struct pool *pool, int me, float *const *buffers) {
${body}
}
`;
  return { name: 'program', source, flags };
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Starts the named scene of native-child.ts in a process of its own. */
export function startScene(scene: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  childScript ??= transpileChild();
  const child = spawn(process.execPath, [childScript, scene], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

const root = join(import.meta.dirname, '..');
let childScript: string | undefined;
let childFolder: string | undefined;

afterAll(() => {
  if (childFolder !== undefined) rmSync(childFolder, { recursive: true, force: true });
});

/** JavaScript for native-child.ts and all that it imports, in a folder from where packages are found too. */
function transpileChild(): string {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fovea-test-'));
  childFolder = folder;
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
  const script = join(import.meta.dirname, 'native-child.ts');
  const files = new Set([script]);
  for (const file of files) {
    const source = readFileSync(file, 'utf8');
    const target = join(folder, relative(root, file).replace(/ts$/, 'js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transpileModule(source, { compilerOptions }).outputText);
    for (const [, path] of source.matchAll(/ from '(\.[^']+)'/g)) files.add(join(dirname(file), path));
  }
  return join(folder, 'test', 'native-child.js');
}

const compilerOptions = {
  module: ModuleKind.ESNext,
  target: ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** How a process ends and all that it wrote. */
export function endOf(child: ChildProcess): Promise<Ending> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}
