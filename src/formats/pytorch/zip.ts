// PyTorch's format since 1.6: a zip archive with a pickle of the structure and one entry for each storage.
// ARCHIVE/data.pkl, ARCHIVE/data/KEY, ARCHIVE/byteorder
import { DataError, internal } from '../../base/errors.ts';
import { instanceArgument, listArgument, textArgument } from '../pickle/arguments.ts';
import { PickleFault } from '../pickle/fault.ts';
import { readPickle } from '../pickle/unpickle.ts';
import { pickledWeights } from '../pickle/weights.ts';
import type { Bytes, Source } from '../source.ts';
import type { Content } from '../tensor-file.ts';
import { weightNames } from '../weight-names.ts';
import { Storage, StorageType } from './names.ts';

const PICKLE = 'data.pkl';
const SCRIPT = 'constants.pkl';

/** The folder in an archive that PyTorch wrote, with its slash; undefined for other archives. */
export function torchFolder(entries: ReadonlyMap<string, Bytes>): string | undefined {
  const pickle = [...entries.keys()].find((name) => name === PICKLE || name.endsWith(`/${PICKLE}`));
  return pickle?.slice(0, -PICKLE.length);
}

/**
 * The content of an archive of PyTorch.
 * @throws PickleFault or DataError if it is damaged, or its pickle asks for more than data
 */
export async function readTorchZip(
  source: Source,
  entries: ReadonlyMap<string, Bytes>,
  folder: string,
  part?: string,
): Promise<Content> {
  if (entries.has(folder + SCRIPT)) {
    throw new DataError(
      `${source.name}: is a TorchScript program; in Python, save its weights alone: ` +
        'torch.save(torch.jit.load(FILE).state_dict(), OTHER).',
    );
  }
  const bigEndian = (await byteOrder(entries.get(`${folder}byteorder`))) === 'big';
  const persistentLoad = (id: unknown) => storageOf(id, `${folder}data/`, entries, bigEndian);
  const pickle = entries.get(folder + PICKLE);
  if (!pickle) throw internal(`${source.name}: no ${PICKLE}`);
  const { value } = await readPickle(pickle, { names: weightNames, persistentLoad });
  return { format: 'pytorch', ...pickledWeights(value, part) };
}

async function byteOrder(entry: Bytes | undefined): Promise<string | undefined> {
  return entry && new TextDecoder().decode(await entry.read(0, Math.min(entry.size, 8))).trim();
}

/** @param id ('storage', type, key, device, number of elements) */
function storageOf(
  id: unknown,
  prefix: string,
  entries: ReadonlyMap<string, Bytes>,
  bigEndian: boolean,
): Storage {
  const [kind, type, key] = listArgument(id, 'a persistent id');
  if (kind !== 'storage') throw new PickleFault('asks for external data that is not a storage');
  const name = prefix + textArgument(key, 'the key of a storage');
  const bytes = entries.get(name);
  if (!bytes) throw new PickleFault(`asks for the storage "${name}", which the archive does not have`);
  return new Storage(instanceArgument(type, StorageType, 'the type of a storage'), { bytes }, { bigEndian });
}
