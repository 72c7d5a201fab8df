// Parts of the report: markup, texts, the command that repeats a run, plots of unusual data.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { formatDuration } from '../base/text.ts';
import { decodeImage } from '../image/decode.ts';
import type { LoggedEvent } from '../train/index.ts';
import { repeatCommand } from './command.ts';
import { markup } from './markup.ts';
import { confusionPlot } from './plots/confusion.ts';
import { curvePlots, thinOut } from './plots/curves.ts';
import { drawPlot } from './plots/frame.ts';
import { writeRateTestPlot } from './plots/learning-rate-test.ts';
import { fileName, formatValue, textWidth, truncate } from './text.ts';

test('contents of markup are escaped, unless they are markup', () => {
  const inner = markup`<i>${'a<b'}</i>`;
  expect(markup`<p title="${'"x" & \'y\''}">${inner}${[1, undefined, '>']}</p>`.text).toBe(
    '<p title="&quot;x&quot; &amp; &#39;y&#39;"><i>a&lt;b</i>1&gt;</p>',
  );
  expect(markup`${'a\u0000b\ud800c\nd'}`.text).toBe('a\ufffdb\ufffdc d');
});

test('texts are truncated by width; ideographs count twice', () => {
  expect([textWidth('cat'), textWidth('猫')]).toEqual([3, 2]);
  expect(truncate('a long name', 6)).toBe('a lon…');
  expect(truncate('猫犬猫犬', 6)).toBe('猫犬…');
  expect(truncate('short', 5)).toBe('short');
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

test('a file name includes the last folder', () => {
  expect(['/home/me/cats/1.jpg', 'C:\\data\\cats\\1.jpg', 'mnist test image 8'].map(fileName)).toEqual([
    'cats/1.jpg',
    'cats/1.jpg',
    'mnist test image 8',
  ]);
});

test('the command of a run is quoted for a shell, without the output folder', () => {
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
  expect(repeatCommand({ command })).toBe("npx fovea train lenet5 --data 'folder:my '\\''cats'\\'''");
  expect(repeatCommand({ command: ['/x/own script.js', '--out', 'y'] })).toBe(
    "node '/x/own script.js' --out y",
  );
  expect([repeatCommand({}), repeatCommand({ command: [] })]).toEqual([undefined, undefined]);
});

test('long curves are thinned to means of neighbors', () => {
  const points = Array.from({ length: 1000 }, (_, i) => [i, i % 3] as const);
  const thin = thinOut(points);
  expect(thin).toHaveLength(334);
  expect(thin[0]).toEqual([2, 1]);
  expect(thinOut(points.slice(0, 3))).toEqual(points.slice(0, 3));
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
  expect(plot.description).toBe('3 of 4 a correct, 4 of 4 b correct. The table below has all numbers.');
  expect(confusionPlot(Array(201).fill('x'), [])).toBeUndefined();
});

test('with so many classes that names could not be read, the confusion matrix has its cells alone', () => {
  const classes = Array.from({ length: 100 }, (_, i) => `class ${i}`);
  const counts = classes.map((_, row) => classes.map((_, column) => (row === column ? 2 : 0)));
  const plot = confusionPlot(classes, counts)!;
  const drawn = drawPlot(plot).text;
  expect(drawn.match(/class="cell"/g)).toHaveLength(100);
  expect(drawn).not.toContain('class 7<');
  expect(drawn).toContain('actual class, 100 in order');
  expect(plot.description).toBe('200 of 200 images on the diagonal, which are classified correctly.');
});

test('the interval of a single evaluation is a line, and a wide range of throughputs has a logarithmic axis', () => {
  const place = { epoch: 1, step: 10 };
  const metrics = { count: 20, loss: 1, accuracy: 0.5, interval: [0.3, 0.7] } as const;
  const validation = {
    type: 'evaluated',
    split: 'valid',
    best: true,
    sinceBest: 0,
    milliseconds: 1,
  } as const;
  const speeds = [9000, 40, 50].map((imagesPerSecond, i) => ({
    ...{ type: 'logged', epoch: 1, step: i + 1, loss: 1, accuracy: 0.5, learningRate: 0.1, dataShare: 0 },
    imagesPerSecond,
  }));
  const plots = curvePlots({
    logged: speeds as LoggedEvent[],
    validations: [{ ...validation, ...place, ...metrics }],
  });
  const [, accuracy, , throughput] = plots.map((plot) => drawPlot(plot).text);
  expect(accuracy).toMatch(/class="line second" d="M[\d.]+,[\d.]+V[\d.]+"/);
  expect(throughput).toContain('>10k<');
  expect(throughput).toContain('>10<');
});

test('losses that are not finite, which are null in JSON, are skipped in their curve', () => {
  const losses = [2, 1, null, null].map((loss, i) => ({
    ...{ type: 'logged', epoch: 1, step: i + 1, accuracy: 0.5, learningRate: 0.1, imagesPerSecond: 9 },
    loss,
  }));
  const [loss] = curvePlots({ logged: losses as unknown as LoggedEvent[], validations: [] });
  expect(loss.description).toBe('training: 2 at step 1, 1 at step 2, lowest 1, highest 2.');
  expect(drawPlot(loss).text).not.toContain('NaN');
});

test('durations are written in suitable units', () => {
  expect([0.04, 59, 250, 3725].map(formatDuration)).toEqual(['0.0 s', '59.0 s', '4 min 10 s', '1 h 2 min']);
});

test('the plot of a learning-rate range test marks the suggestion and the limit', async () => {
  const points = [1e-4, 1e-3, 1e-2, 1e-1, 1].map((learningRate, i) => ({
    learningRate,
    loss: i,
    smoothed: 2,
  }));
  const result = { points, diverged: true, suggestion: 0.01, limit: 0.1 };
  const folder = await mkdtemp(join(tmpdir(), 'fovea-rates-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeRateTestPlot(join(folder, 'rates.svg'), result);
  const svg = await readFile(join(folder, 'rates.svg'), 'utf8');
  expect(svg).toContain('suggestion 0.01');
  expect(svg).toContain('limit 0.1');
  expect(svg).not.toContain('NaN');
  await writeRateTestPlot(join(folder, 'rates.png'), result);
  expect(await decodeImage(join(folder, 'rates.png'))).toMatchObject({ width: 880, height: 600 });
  await expect(writeRateTestPlot(join(folder, 'rates.gif'), result)).rejects.toThrow(
    'must be a .svg or .png file',
  );
});
