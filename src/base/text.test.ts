import { expect, test } from 'vitest';
import { didYouMean, unknownName } from './errors.ts';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatFlag,
  formatHex,
  formatInteger,
  formatList,
  formatPercent,
  formatSignificant,
  visible,
  visibleJson,
} from './text.ts';

test('characters that control a terminal are shown, and all others stay', () => {
  expect(visible('\x1b[2J\x07a\nb\tc\r\x7f')).toBe('\\x1b[2J\\x07a\\nb\\tc\\r\\x7f');
  expect(visible('\x9b31m\u0085')).toBe('\\x9b31m\\x85'); // The one-character forms of C1.
  expect(visible('abc\u202egnp.exe\u2066\u200b\ufeff')).toBe('abc\\u202egnp.exe\\u2066\\u200b\\ufeff');
  expect(visible('Ähre 猫 👩‍🔬 نی‌ما')).toBe('Ähre 猫 👩‍🔬 نی‌ما'); // Joiners are part of the spelling.
  expect(visible('\ud800')).toBe('\\ud800');
});

test('JSON holds the same text, in harmless characters', () => {
  const value = { 'a\x1b\x9b': ['\u202e', '\n', 'ä'] };
  const json = visibleJson(value);
  expect(json).toBe('{"a\\u001b\\u009b":["\\u202e","\\n","ä"]}');
  expect(JSON.parse(json)).toEqual(value);
});

test('only a near name is suggested', () => {
  const models = ['lenet5', 'resnet18', 'vgg16', 'mobilenet-v2'];
  expect(didYouMean('lenet', models)).toBe(' Did you mean "lenet5"?');
  expect(didYouMean('ResNet18', models)).toBe(' Did you mean "resnet18"?');
  expect(didYouMean('mobilenetv2', models)).toBe(' Did you mean "mobilenet-v2"?');
  for (const far of ['transformer', 'x', '', 'efficientnet', 'y'.repeat(1e6)])
    expect(didYouMean(far, models)).toBe('');
  expect(unknownName('model', 'bert\x1b[2J', models).message).toBe(
    'unknown model "bert\\x1b[2J". Known: lenet5, resnet18, vgg16, mobilenet-v2.',
  );
});

test('counts, lists, sizes and times are written one way', () => {
  expect([0, 999, 1000, 1234567].map(formatInteger)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([formatCount(1, 'image'), formatCount(2000, 'image')]).toEqual(['1 image', '2,000 images']);
  expect(formatCount(2, 'class', 'classes')).toBe('2 classes');
  expect([formatList(['a', 'b']), formatList(['a', 'b', 'c', 'd'])]).toEqual(['a, b', 'a, b, c, ...']);
  expect([formatPercent(0.1234), formatPercent(0.95, 0)]).toEqual(['12.3%', '95%']);
  expect([1, 1536, 2 ** 24, 3.25 * 2 ** 30].map(formatBytes)).toEqual([
    '1 byte',
    '1.5 KiB',
    '16 MiB',
    '3.3 GiB',
  ]);
  expect([12.34, 250, 3720].map(formatDuration)).toEqual(['12.3 s', '4 min 10 s', '1 h 2 min']);
  expect([7, 754, 3723].map(formatClock)).toEqual(['0:07', '12:34', '1:02:03']);
  expect(formatSignificant(0.0010049, 2)).toBe('0.001');
  expect(formatHex(Uint8Array.of(0x89, 0x50, 7))).toBe('89 50 07');
  expect(formatFlag('batchSize')).toBe('--batch-size');
});
