// Pieces of the report: markup, texts, the command that repeats a run, plots of unusual data.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decodeImage } from '../image/decode.ts';
import { repeatingCommand } from './command.ts';
import { markup } from './markup.ts';
import { confusionPlot } from './plots/confusion.ts';
import { curvePlots, thinned } from './plots/curves.ts';
import { drawPlot } from './plots/frame.ts';
import { writeRatePlot } from './plots/rate-test.ts';
import { fileName, formatValue, shortened, widthOf } from './text.ts';

test('what is put into markup is escaped, and markup is not', () => {
  const inner = markup`<i>${'a<b'}</i>`;
  expect(markup`<p title="${'"x" & \'y\''}">${inner}${[1, undefined, '>']}</p>`.text).toBe(
    '<p title="&quot;x&quot; &amp; &#39;y&#39;"><i>a&lt;b</i>1&gt;</p>',
  );
  expect(markup`${'a\u0000b\ud800c\nd'}`.text).toBe('a\ufffdb\ufffdc d');
});

test('texts are shortened by their width, in which ideographs count twice', () => {
  expect([widthOf('cat'), widthOf('猫')]).toEqual([3, 2]);
  expect(shortened('a long name', 6)).toBe('a lon…');
  expect(shortened('猫犬猫犬', 6)).toBe('猫犬…');
  expect(shortened('short', 5)).toBe('short');
});

test('values of a configuration are written in words', () => {
  expect(formatValue({ name: 'momentum', settings: { momentum: 0.9, weightDecay: 0 } })).toBe(
    'momentum (momentum 0.9, weight decay 0)',
  );
  expect(formatValue([{ transform: 'resize', size: [32, 32] }, { transform: 'flip' }])).toBe(
    'resize (size 32 × 32), flip',
  );
  expect([formatValue(null), formatValue({}), formatValue([-10, 10])]).toEqual(['–', '–', '-10, 10']);
});

test('of a file its name and its folder are shown', () => {
  expect(['/home/me/cats/1.jpg', 'C:\\data\\cats\\1.jpg', 'mnist test image 8'].map(fileName)).toEqual([
    'cats/1.jpg',
    'cats/1.jpg',
    'mnist test image 8',
  ]);
});

test('the command of a run is one that a shell takes, into another folder', () => {
  const command = [
    '/x/bin/fovea.js',
    'train',
    'lenet5',
    '--data',
    "folder:my 'cats'",
    '--out',
    'a b',
    '--overwrite',
  ];
  expect(repeatingCommand({ command })).toBe("npx fovea train lenet5 --data 'folder:my '\\''cats'\\'''");
  expect(repeatingCommand({ command: ['/x/own script.js', '--out', 'y'] })).toBe(
    "node '/x/own script.js' --out y",
  );
  expect([repeatingCommand({}), repeatingCommand({ command: [] })]).toEqual([undefined, undefined]);
});

test('long curves are thinned to means of neighbours', () => {
  const points = Array.from({ length: 1000 }, (_, i) => [i, i % 3] as const);
  const thin = thinned(points);
  expect(thin).toHaveLength(334);
  expect(thin[0]).toEqual([2, 1]);
  expect(thinned(points.slice(0, 3))).toEqual(points.slice(0, 3));
});

test('a run without a step has no curves', () => {
  expect(curvePlots({ logged: [], validations: [] })).toEqual([]);
});

test('a confusion matrix leaves out cells without images, and is not drawn for very many classes', () => {
  const plot = confusionPlot(
    ['a', 'b'],
    [
      [3, 1],
      [0, 4],
    ],
  )!;
  expect(drawPlot(plot).text.match(/class="cell"/g)).toHaveLength(3);
  expect(plot.description).toBe('3 of 4 a right, 4 of 4 b right. The numbers are in the table beside it.');
  expect(confusionPlot(Array(100).fill('x'), [])).toBeUndefined();
});

test('the loss over a growing learning rate is a picture with the suggestion and the limit', async () => {
  const points = [1e-4, 1e-3, 1e-2, 1e-1, 1].map((learningRate, i) => ({
    learningRate,
    loss: i,
    smoothed: 2,
  }));
  const result = { points, diverged: true, suggestion: 0.01, limit: 0.1 };
  const folder = await mkdtemp(join(tmpdir(), 'fovea-rates-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeRatePlot(join(folder, 'rates.svg'), result);
  const svg = await readFile(join(folder, 'rates.svg'), 'utf8');
  expect(svg).toContain('suggestion 0.01');
  expect(svg).toContain('limit 0.1');
  expect(svg).not.toContain('NaN');
  await writeRatePlot(join(folder, 'rates.png'), result);
  expect(await decodeImage(join(folder, 'rates.png'))).toMatchObject({ width: 880, height: 600 });
  await expect(writeRatePlot(join(folder, 'rates.gif'), result)).rejects.toThrow('as .svg or .png');
});
