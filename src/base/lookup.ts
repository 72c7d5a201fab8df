// Lookups that must succeed.
import { internal } from './errors.ts';

/** The value of a key that is known to be in the map. */
export function lookup<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw internal(`there is no entry for ${String(key)}`);
  return value;
}

/** The last element of a list that is known not to be empty. */
export function last<T>(list: ArrayLike<T>): T {
  return list[list.length - 1];
}
