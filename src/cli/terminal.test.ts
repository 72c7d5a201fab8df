// One way to the terminal, and what does not get through.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { reportError } from './failure.ts';
import { NoticeView } from './notice-view.ts';
import { openOutput } from './output.ts';
import { formatTable } from './table.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function written(name: 'stdout' | 'stderr', work: () => void): string {
  let text = '';
  const spy = vi.spyOn(process[name], 'write').mockImplementation((part) => {
    text += part;
    return true;
  });
  work();
  spy.mockRestore();
  return text;
}

const hostile = '\x1b]0;title\x07\x1b[2Jcat\u202e';
const harmless = '\\x1b]0;title\\x07\\x1b[2Jcat\\u202e';

test('lines, results, errors and table cells show control characters instead of sending them', () => {
  expect(written('stdout', () => openOutput().log(hostile))).toBe(`${harmless}\n`);
  expect(written('stdout', () => openOutput().result({}, () => `a\n${hostile}`))).toBe(`a\n${harmless}\n`);
  const json = written('stdout', () => openOutput(true).result({ name: hostile }, () => ''));
  for (const character of ['\x1b', '\x07', '\u202e']) expect(json).not.toContain(character);
  expect(JSON.parse(json)).toEqual({ name: hostile });
  expect(written('stderr', () => reportError(new Error(`internal: ${hostile}`)))).toContain(harmless);
  expect(formatTable([{ title: 'class' }], [['a\nb']], 40)).toContain('a\\nb');
});

test('further lines of an error are indented, so that none passes for another message', () => {
  const text = written('stderr', () => reportError(new Error('internal: a\nerror: b')));
  expect(text).toMatch(/a\n {2}error: b\n$/);
});

test('nothing else in the command line writes to the terminal, and in the library only notices do', () => {
  const sources = new URL('..', import.meta.url).pathname;
  const writers = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) =>
      /\bprocess\.(stdout|stderr)\.write\(|\bconsole\.\w+\(|emitWarning\(/.test(
        withoutComments(readFileSync(join(sources, name), 'utf8')),
      ),
    );
  expect(writers).toEqual([join('system', 'notices.ts')]);
});

/** Docstrings have examples that print. */
function withoutComments(source: string): string {
  return source.replace(/\/\*\*.*?\*\//gs, '');
}

test('without a terminal, long compiling is reported once, and short compiling is not', () => {
  vi.useFakeTimers();
  const view = new NoticeView();
  const compiling = (done: number) => view.progress({ task: 'compiling', unit: 'files', done, total: 9 });
  const text = written('stderr', () => {
    compiling(0);
    vi.advanceTimersByTime(1900);
    view.progress(undefined);
    vi.advanceTimersByTime(9000);
    compiling(0);
    vi.advanceTimersByTime(1900);
    compiling(3);
    vi.advanceTimersByTime(9000);
    view.progress(undefined);
  });
  expect(text).toBe('compiling: 3 of 9 files done ...\n');
});
