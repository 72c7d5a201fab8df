// Tables of options: checks, texts of the command line, help.
import { expect, test } from 'vitest';
import {
  checkOption,
  choice,
  describeKind,
  describeOption,
  flag,
  type Kind,
  nonNegative,
  nonNegativeInteger,
  type OptionTable,
  option,
  parseOption,
  pickOptions,
  placeholderOf,
  positive,
  positiveInteger,
  text,
  texts,
  withDefaults,
} from './option.ts';

const shape = { type: 'shape', axes: ['C', 'H', 'W'] } as const;

test.each<[Kind, string, unknown, unknown]>([
  [positiveInteger, '64', 64, 0],
  [nonNegativeInteger, '0', 0, -1],
  [{ type: 'integer', min: 1, max: 9 }, '9', 9, 10],
  [positive, '1e-3', 1e-3, 0],
  [nonNegative, '0', 0, Number.NaN],
  [{ type: 'number', min: 0, below: 1 }, '.5', 0.5, 1],
  [choice(['all', 'weights']), 'weights', 'weights', 'weight'],
  [text, 'digits', 'digits', 3],
  [shape, '3, 224,224', [3, 224, 224], [3, 224]],
])('%j reads %s', (kind, given, value, wrong) => {
  const row = option(kind, 'value', 'a value');
  expect(parseOption(row, given)).toEqual(value);
  expect(() => checkOption(row, value)).not.toThrow();
  expect(() => checkOption(row, wrong)).toThrow(`value must be ${describeKind(kind)}, got `);
});

test.each([
  [option(positiveInteger, 'batch size', ''), '0', 'batch size must be a positive integer, got 0.'],
  [option(positiveInteger, 'batch size', ''), '1.5', 'batch size must be a positive integer, got 1.5.'],
  [option(positiveInteger, 'batch size', ''), ' ', 'batch size must be a positive integer, got " ".'],
  [option(nonNegative, 'rate', ''), 'fast', 'rate must be a non-negative number, got "fast".'],
  [
    option(choice(['sgd', 'adam']), 'optimizer', ''),
    'adm',
    'must be sgd or adam, got "adm". Did you mean "adam"?',
  ],
  [
    option(shape, 'input', ''),
    '3,x,3',
    'input must be 3 positive integers C,H,W of at most 65536, got "3,x,3".',
  ],
])('a wrong text is refused as a wrong value is: %#', (row, given, message) => {
  expect(() => parseOption(row, given)).toThrow(message);
});

test('programs and the command line get the same message', () => {
  const row = option(positiveInteger, 'epochs', '');
  const messageOf = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(messageOf(() => parseOption(row, '-2'))).toBe(messageOf(() => checkOption(row, -2)));
});

test('help ends with choices and default', () => {
  expect(describeOption(option(positiveInteger, 'steps', 'steps to time', { default: 20 }))).toBe(
    'steps to time (default: 20)',
  );
  const row = option(choice(['a', 'b']), 'way', 'way', { defaultText: 'it depends' });
  expect(describeOption(row)).toBe('way (a or b; default: it depends)');
  expect(describeOption(option(flag, 'json', 'print JSON', { default: false }))).toBe('print JSON');
  expect(placeholderOf(option(text, 'run folder', ''))).toBe('folder');
  expect(placeholderOf(option(shape, 'input', ''))).toBe('C,H,W');
});

test('defaults fill in what is missing or undefined, and tables pick what they know', () => {
  const table = {
    size: option(positiveInteger, 'size', '', { default: 64 }),
    name: option(text, 'name', ''),
    tags: option(texts, 'tags', ''),
  } as const satisfies OptionTable;
  expect(withDefaults(table, { size: undefined, name: 'x' })).toEqual({ size: 64, name: 'x' });
  const given = { other: 1, name: 'x', size: undefined };
  expect(pickOptions(table, given)).toEqual({ name: 'x' });
});
