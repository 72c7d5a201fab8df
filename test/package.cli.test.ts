// The published package: packed, installed by npm into an empty project, and used from there.

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import { describeIf } from './conditions.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fovea-project-'));
const installed = join(folder, 'node_modules');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** This process's environment without what `npm test` adds to it, such as the settings of this project. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Why nothing can be tested: the package registry cannot be reached; undefined once the package is installed. */
const unreachable = await install();
if (unreachable) console.warn(`skipped: the tests of the installed package (${unreachable})`);

/** Packs what is in dist/ and installs it as a user would, in a project that has nothing yet. */
async function install(): Promise<string | undefined> {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: root, env: environment });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  try {
    await run('npm', ['install', '--prefer-offline', filename], { cwd: folder, env: environment });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr: string };
    if (/^npm error network /m.test(stderr)) return 'npm cannot reach its registry';
    throw error;
  }
}

/** Runs a program of the project. */
async function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await run(process.execPath, args, { cwd: folder, env: { ...environment, ...env } })).stdout;
}

function write(path: string, text: string): string {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
  return path;
}

/** Trains LeNet-5 for two steps. */
const training = `
  const data = takeSubset(await openDataset('digits'), parseSubset('train=128,valid=20,test=20'));
  const model = createModel('lenet5', { classes: data.classes.length });
  const engine = await openEngine();
  const { result } = await train(model, data, { epochs: 1, learningRate: 0.1, engine });
  console.log(JSON.stringify({ engine: engine.name, steps: result.steps, images: result.test?.count }));`;
const names = 'createModel, openDataset, openEngine, parseSubset, takeSubset, train';
const asModule = `import { ${names} } from 'fovea';\n${training}`;
const withoutCompiler = { FOVEA_CC: '/nowhere/cc' };

describeIf(unreachable === undefined, unreachable ?? '')('the installed package', () => {
  test('contains only necessary files', () => {
    const files = readdirSync(join(installed, 'fovea'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.map$|\.test\.|\.tsbuildinfo$|^src\b/.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.md']));
    expect(files.length).toBeLessThan(1400);
  });

  test('needs no package that runs an install script', () => {
    const lock = JSON.parse(readFileSync(join(installed, '.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }>;
    };
    const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    // npm goes on when the script of an optional package fails.
    expect(scripted.filter(([, { optional }]) => !optional)).toEqual([]);
    expect(existsSync(join(installed, 'onnxruntime-node'))).toBe(false);
  });

  test('trains in an ES module, with the WebAssembly build if there is no compiler', async () => {
    const program = write('esm.mjs', asModule);
    expect(JSON.parse(await node([program], withoutCompiler))).toEqual({
      engine: 'onnx',
      steps: 2,
      images: 20,
    });
  });

  test('trains in a CommonJS program', async () => {
    const program = `const { ${names} } = require('fovea');\nvoid (async () => {${training}})();`;
    const result = JSON.parse(await node([write('commonjs.cjs', program)]));
    expect(result).toMatchObject({ steps: 2, images: 20 });
  });

  test("type-checks strictly, libraries included, without Node's types", async () => {
    write('typed/package.json', '{ "type": "module" }');
    write('typed/program.ts', `declare const console: { log(text: string): void };\n${asModule}`);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: [],
      lib: ['ES2020'],
      target: 'ES2022',
      module: 'NodeNext',
      outDir: 'built',
    };
    write('typed/tsconfig.json', JSON.stringify({ compilerOptions, include: ['program.ts'] }));
    await node([join(root, 'node_modules/typescript/bin/tsc'), '-p', 'typed']);
  });

  test('has examples that run in an empty project', async () => {
    const examples = readdirSync(join(installed, 'fovea/examples'));
    expect(examples).toEqual(readdirSync(join(root, 'examples')));
    const sources = examples.map((name) => readFileSync(join(installed, 'fovea/examples', name), 'utf8'));
    const imported = sources.flatMap((text) => [...text.matchAll(/ from '(.+)'/g)].map(([, name]) => name));
    expect([...new Set(imported)]).toEqual(['fovea']);
    // Types removed, as `npx tsx` does on versions of Node that do not run TypeScript.
    const { outputText } = ts.transpileModule(sources[examples.indexOf('operators-by-hand.ts')], {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    expect(await node([write('example.mjs', outputText)])).toContain('average pool');
  });

  test('loads no native library before one is needed', async () => {
    const program = `import 'fovea';
      const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify(sharedObjects.filter((path) => path.includes('node_modules'))));`;
    expect(JSON.parse(await node([write('loaded.mjs', program)]))).toEqual([]);
  });

  test('has a command line that lists its commands, trains, and explains how to get a faster engine', async () => {
    const fovea = join(installed, 'fovea/bin/fovea.js');
    expect(await node([fovea, '--help'])).toMatch(/^ {2}train {2,}train a network/m);
    expect(await node([fovea, 'doctor'], withoutCompiler)).toMatch(
      /^ONNX Runtime +1\.\S+, WebAssembly\. .*npm install onnxruntime-node --ignore-scripts$/m,
    );
    const train = ['train', 'lenet5', '--data', 'digits', '--subset', 'train=128,valid=20,test=20'];
    expect(await node([fovea, ...train, '--epochs', '1', '--out', 'run'])).toContain('run/report.html');
  });
});
