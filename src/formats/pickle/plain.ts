// The plain part of an unpickled value: what is left without tensors and other objects.
import type { Plain } from '../tensor-file.ts';

const MAX_DEPTH = 16;
/** Values kept of a checkpoint, and entries of one list: settings are few, histories are no settings. */
const MAX_VALUES = 10_000;
const MAX_ENTRIES = 2000;

/** The plain entries of a dict; of anything else, none. */
export function plainRecord(value: unknown): Readonly<Record<string, Plain>> {
  const plain = value instanceof Map ? new Simplifier().simplify(value) : undefined;
  return plain === undefined ? {} : (plain as Record<string, Plain>); // Dicts become records.
}

class Simplifier {
  private values = 0;

  /** Undefined where nothing plain is left, or there is too much. */
  simplify(value: unknown, depth = 0): Plain | undefined {
    if (++this.values > MAX_VALUES || depth > MAX_DEPTH) return undefined;
    if (typeof value === 'bigint') return value.toString();
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return value;
    if (Array.isArray(value)) return this.simplifyList(value, depth);
    return value instanceof Map ? this.simplifyDict(value, depth) : undefined;
  }

  private simplifyList(list: readonly unknown[], depth: number): Plain | undefined {
    if (list.length > MAX_ENTRIES) return undefined;
    const kept = list.map((value) => this.simplify(value, depth + 1));
    return kept.every((value) => value !== undefined) ? kept : undefined;
  }

  private simplifyDict(dict: ReadonlyMap<unknown, unknown>, depth: number): Plain | undefined {
    if (dict.size > MAX_ENTRIES) return undefined;
    const kept: [string, Plain][] = [];
    for (const [key, value] of dict) {
      const plain = this.simplify(value, depth + 1);
      if (plain !== undefined && typeof key !== 'object') kept.push([String(key), plain]);
    }
    return kept.length > 0 || dict.size === 0 ? Object.fromEntries(kept) : undefined;
  }
}
