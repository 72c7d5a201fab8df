// Random formulas: gradients against finite differences, the onnx engine against the formulas. More of them:
// `npm run fuzz:expressions`.
import { expect, test } from 'vitest';
import { compareFormulas, formulaCase, judge } from './expressions.fuzz.ts';

test('gradients agree with finite differences, and engines with formulas', async () => {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const found = await compareFormulas(0, 75, ['differences', 'reference', 'onnx'], log);
  expect(found, lines.join('\n')).toBe(0);
});

test('most elements are judged, and closely', () => {
  const judged = Array.from({ length: 50 }, (_, seed) => judge(formulaCase(seed))).flat();
  const relative = judged.flatMap(({ values, bounds }) =>
    Array.from(bounds, (bound, i) => bound / (Math.abs(values[i]) || 1)),
  );
  const close = relative.filter((bound) => bound < 1e-4);
  expect(close.length / relative.length).toBeGreaterThan(0.8);
});
