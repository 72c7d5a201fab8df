import { expect, test } from 'vitest';
import { call, dict, int, latin1, named, numpyArray, pickle, text, tuple } from '../../../test/pickles.ts';
import { memorySource } from '../source.ts';
import { weightNames } from '../weight-names.ts';
import { PickleEnd, PickleFault } from './fault.ts';
import { Opaque } from './machine.ts';
import { readPickle, unpickle } from './unpickle.ts';
import { pickledWeights } from './weights.ts';

const array = numpyArray([1], 'abcd');

function read(...instructions: readonly string[]): unknown {
  return unpickle(new Uint8Array(pickle(...instructions)), { names: weightNames }).value;
}

test.each<[string, string, unknown]>([
  ['None and booleans', `(N\x88\x89t`, [null, true, false]],
  ['integers', `(K\xffM\x00\x01J\xff\xff\xff\xff\x8a\x00\x8a\x01\xfft`, [255, 256, -1, 0, -1]],
  ['numbers beyond 53 bits', '\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40', 2n ** 62n],
  ['floating-point numbers', 'G\x3f\xf8\x00\x00\x00\x00\x00\x00', 1.5],
  ['texts', `(${text('é')}\x8c\x01aU\x01\xe9t`, ['é', 'a', 'é']],
  ['bytes', '(C\x01\xffB\x01\x00\x00\x00\x00t', [Uint8Array.of(255), Uint8Array.of(0)]],
  ['lists, with one or more appended', ']K\x01a(K\x02K\x03e', [1, 2, 3]],
  ['tuples', `()K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87t`, [[], [1], [1, 2], [1, 2, 3]]],
  [
    'dicts',
    `}K\x01K\x02s(${text('a')}Nu`,
    new Map<unknown, unknown>([
      [1, 2],
      ['a', null],
    ]),
  ],
  ['sets', '\x8f(K\x01\x90', [1]],
  ['what was remembered', `${text('a')}q\x07\x94\x30(h\x07j\x01\x00\x00\x00t`, ['a', 'a']],
  ['frames', '\x95\x01\x00\x00\x00\x00\x00\x00\x00N', null],
  ['values that are dropped or doubled', '(K\x01K\x0202(N1t', [1, 1]],
])('%s are read', (_, instructions, expected) => {
  expect(read(instructions)).toEqual(expected);
});

test.each([
  ['INST', 'ios\nsystem\n', /instruction 105, which weight files do not need/],
  ['OBJ', '(o', /instruction 111/],
  ['a registered extension', '\x82\x01', /instruction 130/],
  ['a buffer outside of the file', '\x97', /instruction 151/],
  ['a persistent id as text', 'P1\n', /instruction 80/],
  ['a protocol of the future', '\x80\x06', /is of protocol 6; expected at most 5/],
  [
    'a name of a module',
    named('os', 'system'),
    /asks for "os\.system", which is not part of a weight file and is not run/,
  ],
  ['a name from the stack', `${text('builtins')}${text('eval')}\x93`, /asks for "builtins\.eval"/],
  ['a name that is not a string', 'NN\x93', /asks for "null\.null"/],
  ['a name without end', `c${'a'.repeat(300)}`, /has a name of more than 256 characters/],
  ['a call of a text', `${text('a')})R`, /calls a value that is not a function/],
  [
    'a call of a value that a name stands for',
    `${named('numpy', 'ndarray')})R`,
    /calls a value that is not a function/,
  ],
  [
    'a call with a number',
    `${named('collections', 'OrderedDict')}K\x01R`,
    /with arguments that are not a tuple/,
  ],
  ['a state for a number', 'K\x01}b', /sets the state of a value that has none/],
  ['data outside of it', 'K\x01Q', /asks for data outside of it, but there are none/],
  ['a value from an empty stack', '0', /takes a value from an empty stack/],
  ['a value from below a mark', 'N(0', /takes a value from an empty stack/],
  ['a mark that is not set', 't', /goes back to a mark that it has not set/],
  ['a value that is not remembered', 'h\x07', /recalls value 7, which it has not stored/],
  ['an appendix to a number', 'K\x01Na', /appends to a value that is not a list/],
  ['an entry of a list', ']NNs', /sets an entry of a value that is not a dict/],
  ['half an entry', '}(Nu', /a key but no value/],
  ['a key twice', `}(${text('a')}N${text('a')}Nu`, /has the key "a" twice in a dict/],
  ['a string that is not UTF-8', 'X\x01\x00\x00\x00\xff', /has a string that is not UTF-8/],
  [
    'an array of another type of state',
    `${call('numpy', 'dtype', text('f4'))}Nb`,
    /gives null as the state of a type/,
  ],
  [
    'bytes that are none',
    call('_codecs', 'encode', text('ā')),
    /has the character 257 where a byte is expected/,
  ],
  ['a dict of numbers', call('collections', 'OrderedDict', int(3)), /gives 3 as the entries of a dict/],
  ['a tensor without storage', call('torch._utils', '_rebuild_tensor_v2'), /gives undefined as the storage/],
  [
    'a tensor made by other means',
    call('torch._tensor', '_rebuild_from_type_v2', named('torch', 'Tensor')),
    /a function that is not a constructor of tensors/,
  ],
  [
    'a value of half its bytes',
    call('numpy.core.multiarray', 'scalar', call('numpy', 'dtype', text('f8')), text('abcd')),
    /gives 4 bytes for a value of 8/,
  ],
])('%s: refused', (_, instructions, message) => {
  expect(() => read(instructions)).toThrow(PickleFault);
  expect(() => read(instructions)).toThrow(message);
  expect(() => read(instructions)).toThrow(/^byte \d+ of its pickle /);
});

test.each([
  ['a name of objects of JavaScript', named('constructor', 'constructor'), 'constructor.constructor'],
  ['what an unknown class makes', `${named('datetime', 'datetime')}C\x01a\x85R`, 'datetime.datetime'],
  ['an instance with a state', `${named('mine', 'Net')})\x81}b`, 'mine.Net'],
  ['an instance made with names', `${named('mine', 'Net')})}\x92`, 'mine.Net'],
  ['a list of one class', `${named('mine', 'List')})\x81(NNe`, 'mine.List'],
  ['a dict of one class', `${named('mine', 'Dict')})\x81(${text('a')}Nu`, 'mine.Dict'],
  ['a call with an unknown argument', call('torch', 'Size', named('mine', 'shape')), 'mine.shape'],
])('%s: stays unknown', (_, instructions, name) => {
  const value = read(instructions);
  expect(value).toBeInstanceOf(Opaque);
  expect((value as Opaque).reason).toMatch(/^byte \d+ of its pickle asks for /);
  expect((value as Opaque).reason).toContain(`"${name}", which is not part of a weight file and is not run`);
});

test('a long integer is skipped, not computed', () => {
  const long = `\x8a\xff${'\x7f'.repeat(255)}`;
  expect(read(`(${long}\x8b\x02\x00\x00\x00\x00\x01K\x01t`)).toEqual([expect.any(Opaque), 256, 1]);
});

test('values that are not read are listed, beside the weights and among them', () => {
  const unknown = `${named('datetime', 'date')}N\x85R`;
  const root = dict({ state_dict: dict({ a: array, b: unknown }), config: dict({ when: unknown }) });
  const { tensors, skipped } = pickledWeights(read(root));
  expect([...tensors.keys()]).toEqual(['a']);
  expect(skipped.map(({ name }) => name)).toEqual(['b', 'config.when']);
});

test('averaged weights are read on request, or if there are no others', () => {
  const root = (entries: Record<string, string>) => read(dict(entries));
  const both = {
    state_dict: dict({ a: array }),
    state_dict_ema: dict({ b: array }),
    optimizer: dict({ c: array }),
  };
  expect(pickledWeights(root(both))).toMatchObject({ part: 'state_dict', otherParts: ['state_dict_ema'] });
  const averaged = pickledWeights(root(both), 'state_dict_ema');
  expect(averaged.part).toBe('state_dict_ema');
  expect([...averaged.tensors.keys()]).toEqual(['b']);
  expect(pickledWeights(root({ weights: dict({ a: array }), ema: dict({ b: array }) })).part).toBe('weights');
  expect(pickledWeights(root({ ema: dict({ b: array }), optimizer: dict({ c: array }) })).part).toBe('ema');
});

test('a pickle that is cut anywhere ends too early', () => {
  const whole = pickle(dict({ a: numpyArray([1], 'abcd'), b: `(K\x01M\x01\x01\x8a\x02\xff\x00t` }));
  for (let length = 0; length < whole.length; length++) {
    expect(() => unpickle(whole.subarray(0, length), { names: weightNames })).toThrow(PickleEnd);
  }
});

test.each([
  'B\xff\xff\xff\xff',
  '\x8e\xff\xff\xff\xff\xff\xff\xff\xff',
  'T\xff\xff\xff\xff',
  'X\xff\xff\xff\x7f',
])('a length beyond the file takes no memory: %j', (instruction) => {
  expect(() => read(instruction)).toThrow(/expects \d+ more bytes, but 1 are left/);
});

test('instructions and names are limited', () => {
  expect(() => read(`${named('a', 'b')}0`.repeat(100_001))).toThrow(/asks for more than 100000 names/);
  expect(() => read('N'.repeat(1_000_001))).toThrow(/has more than 1000000 instructions/);
});

test('a pickle that is longer than what is read first is read further', async () => {
  const long = pickle(`(${text('x'.repeat(3_000_000))}K\x01t`);
  const source = memorySource(Buffer.concat([latin1('??'), long, latin1('??')]), 'x');
  const { value, end } = await readPickle(source, { names: weightNames }, 2);
  expect((value as unknown[])[1]).toBe(1);
  expect(end).toBe(long.length + 2);
});

test('weights are those of the usual entry, or of the only one that has tensors', () => {
  const namesOf = (entries: Record<string, string>) => [
    ...pickledWeights(read(dict(entries))).tensors.keys(),
  ];
  expect(namesOf({ a: array, b: array })).toEqual(['a', 'b']);
  expect(namesOf({ state_dict: dict({ a: array }), optimizer: dict({ b: array }) })).toEqual(['a']);
  expect(namesOf({ model: dict({ state_dict: dict({ a: array }) }), other: array })).toEqual(['a']);
  expect(namesOf({ mine: dict({ a: array }), epoch: int(3) })).toEqual(['a']);
  expect(namesOf({ left: dict({ a: array }), right: dict({ a: array }) })).toEqual(['left.a', 'right.a']);
});

test.each([
  ['no tensors', dict({ a: int(1) }), /^holds no tensors$/],
  ['itself', `}q\x00(${text('a')}h\x00${text('b')}${array}u`, /nests more than 32 deep, or contains itself/],
  ['itself as its weights', `}q\x00(${text('state_dict')}h\x00${text('b')}${array}u`, /contains itself/],
  [
    'deep nests',
    Array(40)
      .fill(0)
      .reduce((inner) => dict({ a: inner, b: array }), array),
    /nests more than 32 deep/,
  ],
  ['two tensors of one name', dict({ 'a.b': array, a: dict({ b: array }) }), /two tensors called "a\.b"/],
  ['a long name', dict({ ['x'.repeat(600)]: array }), /a tensor with a name of 600 characters/],
  ['a tensor under a tuple', `}${tuple(int(1))}${array}s`, /under the key \(Array\)/],
])('a pickle with %s is refused', (_, instructions, message) => {
  expect(() => pickledWeights(read(instructions))).toThrow(message);
});

test('lists that hold the same list many times over are refused at once', () => {
  const doubling = 'q\x000(h\x00h\x00t'.repeat(30);
  expect(() => pickledWeights(read(array, doubling))).toThrow(/has more than 20000 tensors/);
  const { metadata } = pickledWeights(read(dict({ a: array, b: int(1) + doubling, c: int(2) })));
  expect(metadata).toEqual({ c: 2 });
});

test.each([
  ['copies', `${named('builtins', 'list')}q\x01(${'N'.repeat(9999)}tq\x000${'h\x01h\x00\x85R'.repeat(9999)}`],
  ['bytes', `${text('x'.repeat(9999))}q\x000${`${named('_codecs', 'encode')}h\x00\x85R`.repeat(9999)}`],
  [
    'states',
    `${named('argparse', 'Namespace')})Rq\x000(${'N'.repeat(9999)}tq\x010${`${call('collections', 'OrderedDict')}h\x01b`.repeat(9999)}`,
  ],
])('%s of one large value cannot be made many times over', (_, instructions) => {
  expect(() => read(instructions)).toThrow(/uses large values too often/);
});
