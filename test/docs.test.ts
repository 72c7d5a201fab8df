// The documentation is consistent: its links lead somewhere, its scripts exist, and its programs compile.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { augmentations } from '../src/data/transforms/augmentation.ts';
import { optimizerNames } from '../src/optim/optimizers.ts';
import { commandsIn, guides, pages, programsIn, readPage, root } from './docs.ts';

const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;

describe.each(pages)('%s', (page) => {
  test('links to pages, files and headings that exist', () => {
    expect(linksIn(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  test('names scripts that exist', () => {
    const named = [...readPage(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const files = commandsIn(page).flatMap(({ text }) => [...text.matchAll(/\bnode (\S+\.js)\b/g)]);
    expect(files.map(([, file]) => file).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test('the README has at most 120 lines', () => {
  expect(readPage('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

test('the index of the guides lists every guide', () => {
  const listed = [...linksIn('docs/README.md'), 'README.md'].map((link) => `docs/${link}`);
  expect(guides.filter((page) => page.startsWith('docs/') && !listed.includes(page))).toEqual([]);
});

test('the guides list every augmentation and every optimizer', () => {
  const missing = (page: string, names: readonly string[]) =>
    names.filter(
      (name) => !readPage(page).includes(`| \`${name}\``) && !readPage(page).includes(`, \`${name}\``),
    );
  expect(missing('docs/data-sets.md', Object.keys(augmentations))).toEqual([]);
  expect(missing('docs/training.md', optimizerNames)).toEqual([]);
});

test('the programs compile under strict settings', () => {
  const programs = guides.flatMap((page) =>
    programsIn(page).map((text, i) => [
      join(root, dirname(page), `${page.replace(/\W/g, '-')}-${i}.mts`),
      text,
    ]),
  );
  expect(compile(new Map(programs as [string, string][]))).toEqual([]);
});

/** Relative links and images of a page. */
function linksIn(page: string): string[] {
  const text = readPage(page).replaceAll(/^```.*?^```$/gms, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].map(
    ([, link, image]) => link ?? image,
  );
  return links.filter((link) => !/^https?:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, heading] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return false;
  return heading === undefined || headingsOf(target).includes(heading);
}

/** The anchors that GitHub gives to a page's headings. */
function headingsOf(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Type-checks programs against the built package. @returns what is wrong, with names and lines */
function compile(programs: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    paths: { fovea: [join(root, 'dist/index.d.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => programs.get(path) ?? readFile(path);
  host.fileExists = (path) => programs.has(path) || fileExists(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = programs.get(path);
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([...programs.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    const { file, start } = diagnostic;
    if (!file || start === undefined) return message;
    return `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${message}`;
  });
}
