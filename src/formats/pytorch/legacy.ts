// PyTorch's format before 1.6: pickles one after another, then the storages.
// Magic number, version, machine, structure, keys of the storages; then for each key the number of elements (8 bytes) and
// the elements, always little-endian.
import { instanceArgument, listArgument, numberArgument, textArgument } from '../pickle/arguments.ts';
import { PickleFault } from '../pickle/fault.ts';
import { describe } from '../pickle/machine.ts';
import { readPickle } from '../pickle/unpickle.ts';
import { pickledWeights } from '../pickle/weights.ts';
import { memoryBytes, type Source, subrange } from '../source.ts';
import { elementBytes } from '../stored-types.ts';
import type { Content } from '../tensor-file.ts';
import { weightNames } from '../weight-names.ts';
import { Storage, StorageType } from './names.ts';

/** The first pickle of such a file. */
export const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const COUNT_BYTES = 8;

/**
 * The content of a file of PyTorch before 1.6.
 * @param start where the pickle after the magic number begins
 * @throws PickleFault or DataError if it is damaged, or its pickle asks for more than data
 */
export async function readTorchLegacy(source: Source, start: number, part?: string): Promise<Content> {
  const storages = new Map<string, Storage>();
  const persistentLoad = (id: unknown) => storageOf(id, storages);
  const next = (at: number) => readPickle(source, { names: weightNames, persistentLoad }, at);
  const version = await next(start);
  if (version.value !== VERSION) {
    throw new PickleFault(`is of PyTorch's version ${describe(version.value)}; expected ${VERSION}`);
  }
  const machine = await next(version.end);
  const structure = await next(machine.end);
  const keys = await next(structure.end);
  await findStorages(source, keys.end, listArgument(keys.value, 'the keys of the storages'), storages);
  return { format: 'pytorch', ...pickledWeights(structure.value, part) };
}

/**
 * A storage whose place is known later.
 * @param id ('storage', type, key, device, number of elements, undefined or (key of the view, start, length))
 */
function storageOf(id: unknown, storages: Map<string, Storage>): Storage {
  const [kind, type, name, , , view] = listArgument(id, 'a persistent id');
  if (kind !== 'storage') throw new PickleFault('asks for external data that is not a storage');
  const key = textArgument(name, 'the key of a storage');
  const whole =
    storages.get(key) ??
    new Storage(instanceArgument(type, StorageType, 'the type of a storage'), {
      bytes: memoryBytes(new Uint8Array(0), key),
    });
  storages.set(key, whole);
  if (view === null || view === undefined) return whole;
  const start = numberArgument(listArgument(view, 'a view of a storage')[1], 'the start of a view');
  return new Storage(whole.type, whole.place, { start });
}

/** Finds the storages after the pickles, in the order of their keys. */
async function findStorages(
  source: Source,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, Storage>,
): Promise<void> {
  const left = new Map(storages);
  let at = start;
  for (const name of keys) {
    const key = textArgument(name, 'the key of a storage');
    const storage = left.get(key);
    if (!storage) throw new PickleFault(`lists the storage "${key}", which no tensor has, or twice`);
    const count = await source.read(at, COUNT_BYTES);
    const elements = Number(new DataView(count.buffer, count.byteOffset).getBigInt64(0, true));
    const size = elements * elementBytes(storage.type.element);
    storage.place.bytes = subrange(source, at + COUNT_BYTES, size, source.name);
    at += COUNT_BYTES + size;
    left.delete(key);
  }
  if (left.size > 0) throw new PickleFault(`has no elements for the storage "${[...left.keys()][0]}"`);
}
