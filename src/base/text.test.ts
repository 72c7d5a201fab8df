import { expect, test } from 'vitest';
import { didYouMean, unknownName } from './errors.ts';
import { visible, visibleJson } from './text.ts';

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
