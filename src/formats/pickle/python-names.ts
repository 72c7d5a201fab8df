// Names of Python itself that checkpoints contain beside weights: containers, settings, paths.
import { posix } from 'node:path';
import { listArgument, textArgument } from './arguments.ts';
import { PickleFault } from './fault.ts';
import type { Buildable, Construct, Names } from './machine.ts';

/** The arguments of a program (argparse): attributes, as a dict. */
class Namespace extends Map<unknown, unknown> implements Buildable {
  build(state: unknown): void {
    if (!(state instanceof Map))
      throw new PickleFault('sets the state of a Namespace to a value that is not a dict');
    for (const [key, value] of state) this.set(key, value);
  }
}

const list: Construct = ([values = []]) => [...listArgument(values, 'the elements of a list')];
/** Initial entries come as a dict or as a list of pairs. */
const dict: Construct = ([entries = []]) => {
  if (entries instanceof Map) return new Map(entries);
  const pairs = listArgument(entries, 'the entries of a dict').map((pair) =>
    listArgument(pair, 'an entry of a dict'),
  );
  return new Map(pairs.map(([key, value]) => [key, value]));
};
const path: Construct = (parts) => posix.join(...parts.map((part) => textArgument(part, 'part of a path')));

const builtins: Names = {
  list,
  tuple: list,
  set: list,
  frozenset: list,
  dict,
  bytes: () => new Uint8Array(0),
};

export const pythonNames: Names = {
  ...inModule('builtins', builtins),
  ...inModule('__builtin__', builtins),
  ...inModule('collections', {
    OrderedDict: dict,
    Counter: dict,
    defaultdict: () => new Map(), // Its argument makes values for missing keys.
  }),
  ...inModule('pathlib', { PosixPath: path, WindowsPath: path }),
  'argparse.Namespace': () => new Namespace(),
  '_codecs.encode': ([text]: readonly unknown[]) => latin1Bytes(textArgument(text, 'bytes')),
};

/** The names of a module as a pickle writes them. */
export function inModule(module: string, names: Names): Names {
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [`${module}.${name}`, value]));
}

/** Bytes from a string with one character for each: how protocol 2 stores bytes. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new PickleFault(`has the character ${code} where a byte is expected`);
    bytes[i] = code;
  }
  return bytes;
}
