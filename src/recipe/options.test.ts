// The tables of options: plain data with short help, and the recipes derived from them.
import { expect, test } from 'vitest';
import { accepts, type Option } from '../base/option.ts';
import { rateTestOptions, recipeFields, trainingOptions } from './options.ts';
import { readRecipe, resolveFields } from './recipe.ts';

const rows = Object.entries<Option>({ ...trainingOptions, ...rateTestOptions });

test('options are plain data, for forms', () => {
  expect(JSON.parse(JSON.stringify(trainingOptions))).toEqual(trainingOptions);
});

test.each(rows)('%s has a valid default and short help', (name, { kind, help, default: usual }) => {
  if (usual !== undefined) expect(accepts(kind, usual)).toBe(true);
  if (name !== 'data') expect(help.length).toBeLessThan(75); // `data` lists the data sets.
  expect(help).not.toMatch(/\.$/);
});

const computed = { evaluateEvery: 9, logEvery: 1 };
const others = {
  optimizer: { name: 'sgd', settings: {} },
  learningRate: 0.1,
  data: 'digits',
  images: { train: 1, valid: 0, test: 0 },
};

test('a recipe has defaults for all fields, and flags that are set', () => {
  expect(resolveFields({ seed: 3 }, computed)).toEqual({
    ...computed,
    ...{ epochs: 5, batchSize: 64, seed: 3, dropLast: false },
  });
  expect(resolveFields({ balance: true, dropLast: true }, computed)).toMatchObject({
    balance: true,
    dropLast: true,
  });
  expect(resolveFields({ balance: false }, computed)).not.toHaveProperty('balance');
});

test('a stored recipe is read field by field, and fields that it lacks get their default', () => {
  const stored = { ...resolveFields({ balance: true }, computed), ...others };
  expect(readRecipe(stored, 'recipe')).toEqual(stored);
  const { seed: _, ...older } = stored;
  expect(readRecipe(older, 'recipe').seed).toBe(recipeFields.seed.default);
  expect(() => readRecipe({ ...stored, batchSize: 0 }, 'x: recipe')).toThrow(
    'x: recipe.batchSize is 0; expected a positive integer.',
  );
  expect(() => readRecipe({ ...stored, logEvery: undefined }, 'x: recipe')).toThrow('logEvery is missing');
});
