// Tables, bars and images as text.
import { expect, test, vi } from 'vitest';
import { formatClock, formatInteger } from '../base/text.ts';
import { formatConfusion } from './confusion.ts';
import { fittedProgress, formatProgress, ProgressBar } from './progress.ts';
import { RunView, sparkline } from './run-view.ts';
import { formatTable } from './table.ts';
import { sideBySide, textImage } from './text-image.ts';

const columns = [{ title: 'name' }, { title: 'count', align: 'right' }] as const;
const rows = [
  ['a rather long name', '1'],
  ['b', '12345'],
];

test('a table aligns numbers to the right', () => {
  expect(formatTable(columns, rows, undefined).split('\n')).toEqual([
    'name                count',
    'a rather long name      1',
    'b                   12345',
  ]);
});

test('a table is cut to the width of the terminal, in its text, not in its numbers', () => {
  const lines = formatTable(columns, rows, 16).split('\n');
  expect(lines).toEqual(['name       count', 'a rather…      1', 'b          12345']);
});

test('where a table does not fit, dispensable columns go first, and names are cut in the middle', () => {
  const layers = [
    { title: 'layer', cut: 'middle' },
    { title: 'input', dispensable: true },
    columns[1],
  ] as const;
  const layerRows = [['layer1.0.downsample.0', '1x64x56x56', '12345']];
  expect(formatTable(layers, layerRows, 40).split('\n')[1]).toBe('layer1.0.downsample.0  1x64x56x56  12345');
  expect(formatTable(layers, layerRows, 39).split('\n')[1]).toBe('layer1.0.downsample.0  12345');
  expect(formatTable(layers, layerRows, 20).split('\n')[1]).toBe('layer1…mple.0  12345');
});

test('long numbers are grouped', () => {
  expect([0, 999, 1000, 61706, 11689512].map(formatInteger)).toEqual([
    '0',
    '999',
    '1,000',
    '61,706',
    '11,689,512',
  ]);
});

test('progress shows rate and time left', () => {
  const line = formatProgress({ task: 'train', done: 30, total: 120, unit: 'steps', rate: 1.5 });
  expect(line).toBe('train  ######------------------  30/120  1.5 steps/s  1:00 left');
  expect([0, 59.6, 754, 3723].map(formatClock)).toEqual(['0:00', '1:00', '12:34', '1:02:03']);
});

/** A stream that remembers what is written to it. */
function fakeStream(isTTY: boolean, columns = 40) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { written, stream: { isTTY, columns, write } as unknown as NodeJS.WriteStream };
}

test('a bar draws on a terminal only, no wider than it, and can be cleared', () => {
  const [terminal, pipe] = [fakeStream(true), fakeStream(false)];
  for (const { stream } of [terminal, pipe]) {
    const bar = new ProgressBar(stream);
    bar.update('a task with a long name', 1, 10, 'steps');
    bar.update('a task with a long name', 10, 10, 'steps');
    bar.clear();
  }
  expect(pipe.written).toEqual([]);
  expect(terminal.written).toHaveLength(3);
  expect(terminal.written[0].length).toBeLessThanOrEqual(40 + '\r\x1b[K'.length);
  expect(terminal.written.at(-1)).toBe('\r\x1b[K');
});

test('the time left counts what other tasks take in between, and no clock that is set', () => {
  vi.useFakeTimers();
  const { written, stream } = fakeStream(true, 120);
  const bar = new ProgressBar(stream);
  bar.update('train', 0, 40, 'steps');
  vi.advanceTimersByTime(10_000);
  bar.update('train', 10, 40, 'steps');
  bar.update('valid', 0, 5, 'images');
  vi.setSystemTime(0);
  vi.advanceTimersByTime(10_000);
  bar.update('valid', 5, 5, 'images');
  bar.update('train', 20, 40, 'steps');
  bar.update('valid', 1, 5, 'images');
  vi.useRealTimers();
  expect(written.map((line) => /\w+ left/.exec(line.replace(':', ''))?.[0])).toEqual([
    ...[undefined, '030 left', undefined, '000 left', '020 left', undefined],
  ]);
});

test('values are blocks of their heights', () => {
  expect(sparkline([0, 1, 2, 7])).toBe('▁▂▃█');
  expect(sparkline([3, 3])).toBe('▁▁');
});

test('the bar of a run shows the course of the loss, and none before the first log', () => {
  const { written, stream } = fakeStream(true, 120);
  const view = new RunView({ json: false, log: () => {}, result: () => {} }, new ProgressBar(stream));
  const clock = { time: '', seconds: 0, epoch: 1 };
  const step = (done: number) => ({ type: 'progress', phase: 'train', step: done, done, total: 2 }) as const;
  view.listen({ ...clock, ...step(1) });
  const speed = { accuracy: 0.5, learningRate: 0.1, imagesPerSecond: 9, dataShare: 0 };
  for (const loss of [2, 1]) view.listen({ ...clock, ...speed, type: 'logged', step: 1, loss });
  view.listen({ ...clock, ...step(2) });
  expect(written[0]).not.toContain('loss');
  expect(written.at(-1)).toMatch(/2\/2.*loss █▁ 1\.0000/);
});

test('a failed run tells how to resume it, and a diverged run that continues tells why', () => {
  const lines: string[] = [];
  const view = new RunView({ json: false, log: (line) => lines.push(line), result: () => {} });
  const place = { time: '', seconds: 0, epoch: 1, step: 4 };
  const images = { train: 1, valid: 1, test: 1 };
  const counts = { images, epochs: 1, stepsPerEpoch: 9, steps: 9, sinceBest: 0 };
  const names = { run: 'runs/a', model: 'lenet5', data: 'digits', engine: 'native' };
  view.listen({ ...place, ...counts, ...names, type: 'started' });
  view.listen({ ...place, type: 'diverged', message: 'the loss is NaN' });
  view.listen({ ...place, type: 'failed', message: 'the disk is full' });
  view.listen({ ...place, type: 'failed', message: 'the disk is full', kept: 3 });
  expect(lines.slice(1)).toEqual([
    'continuing: the loss is NaN',
    'saved up to step 3; resume with: fovea train --resume runs/a',
  ]);
});

test('an image is drawn with half blocks, two pixels per character', () => {
  const data = Uint8Array.from([255, 0, 255, 255, 255, 0, 0, 0, 255]);
  expect(textImage({ width: 3, height: 3, channels: 1, data })).toEqual(['█▄▀', '  ▀']);
  expect(textImage({ width: 3, height: 3, channels: 1, data }, 1)).toEqual(['▀']);
  expect(
    sideBySide(
      [
        ['ab', 'c'],
        ['x', 'y', 'z'],
      ],
      '|',
    ),
  ).toBe('ab|x\nc |y\n  |z');
});

test('a progress line that does not fit loses its bar first, and its loss last', () => {
  const progress = { task: 'train', done: 120, total: 5000, unit: 'steps', rate: 35 };
  const notes = ['  loss ▁▂▃▄▅▆▇█ 0.1234', '  loss 0.1234'];
  const at = (width: number) => fittedProgress(progress, notes, width);
  expect(at(200)).toBe(`train  ${'-'.repeat(24)}  120/5000  35.0 steps/s  2:19 left  loss ▁▂▃▄▅▆▇█ 0.1234`);
  expect(at(79)).toBe(`train  ${'-'.repeat(10)}  120/5000  35.0 steps/s  2:19 left  loss ▁▂▃▄▅▆▇█ 0.1234`);
  expect(at(64)).toBe('train  120/5000  35.0 steps/s  2:19 left  loss ▁▂▃▄▅▆▇█ 0.1234');
  expect(at(30)).toBe('train  120/5000  loss 0.1234');
  for (const width of [30, 40, 50, 79]) expect(at(width).length).toBeLessThanOrEqual(width);
});

test('wide characters count twice in tables', () => {
  const lines = formatTable(
    columns,
    [
      ['猫猫猫猫猫猫', '1'],
      ['cat', '22'],
    ],
    16,
  ).split('\n');
  expect(lines).toEqual(['name       count', '猫猫猫猫…      1', 'cat           22']);
});

test('a confusion matrix that does not fit has numbered columns, or becomes a list', () => {
  const labels = ['a long class name', 'another class name', 'b'];
  const confusion = [
    [5, 3, 0],
    [0, 7, 0],
    [10, 0, 2],
  ];
  expect(formatConfusion(labels, confusion, 60)).toContain('a long class name  another class name');
  expect(formatConfusion(labels, confusion, 40).split('\n')).toEqual([
    'actual \\ predicted     0  1  2',
    '0 a long class name    5  3  ·',
    '1 another class name   ·  7  ·',
    '2 b                   10  ·  2',
  ]);
  expect(formatConfusion(labels, confusion, 14).split('\n').slice(1)).toEqual([
    '  10  b predicted as a long class name',
    '   3  a long class name predicted as another class name',
  ]);
});
