// The pages of the documentation, their code blocks, and the commands in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

/** Pages whose commands and programs are run, by their paths from the root. */
export const guides = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

/** Pages whose links are checked: the guides and those for contributors. */
export const pages = [
  ...guides,
  ...['ARCHITECTURE', 'CHANGELOG', 'CONTRIBUTING', 'SECURITY'].map((name) => `${name}.md`),
  'bench/README.md',
];

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

export interface Command {
  /** On one line, without its comment. */
  readonly text: string;
  /** What the command needs that tests do not have, as its comment says. */
  readonly needs?: string;
}

/** The shell commands of a page. */
export function commandsIn(page: string): Command[] {
  return blocks(page, 'sh').flatMap((block) =>
    block
      .replaceAll(/ *\\\n */g, ' ')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(parseCommand),
  );
}

function parseCommand(line: string): Command {
  const [, text, comment = ''] = /^(.*?)(?:\s+# (.*))?$/.exec(line)!;
  return comment.startsWith('needs ') ? { text, needs: comment.slice('needs '.length) } : { text };
}

/** The TypeScript programs of a page. */
export function programsIn(page: string): string[] {
  return blocks(page, 'ts');
}

/** The contents of a page's code blocks in one language. */
function blocks(page: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...readPage(page).matchAll(pattern)].map(([, content]) => content);
}
