import { expect, test } from 'vitest';
import { fitHelp } from './help-text.ts';

test('paragraphs are filled, and lists stay as they are', () => {
  const list = 'Options:\n  --a  first\n  --b  second, which is longer than the width';
  expect(fitHelp(`${list}\n\none two\nthree four five\n`, 10)).toBe(`${list}\n\none two\nthree four\nfive\n`);
});

test('examples are broken before an option', () => {
  const short = 'Examples:\n  $ fovea data digits\n';
  expect(fitHelp(short, 24)).toBe(short);
  expect(fitHelp('  $ fovea train lenet5 --data digits --lr 0.1 \\\n      --epochs 3', 40)).toBe(
    '  $ fovea train lenet5 --data digits \\\n      --lr 0.1 --epochs 3',
  );
});
