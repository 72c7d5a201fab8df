// The plain part of an unpickled value: without tensors and other objects.
import type { Plain } from '../tensor-file.ts';

const MAX_DEPTH = 16;
/** Maximum number of values of one entry of a checkpoint; settings and class names have fewer. */
const MAX_VALUES = 5000;
/** Maximum number of values to visit. */
const MAX_VISITS = 500_000;

/** The plain entries of a dict; no entries for any other value. Entries with too many values are skipped. */
export function plainRecord(value: unknown): Readonly<Record<string, Plain>> {
  if (!(value instanceof Map)) return {};
  const kept: [string, Plain][] = [];
  let visits = 0;
  for (const [key, entry] of value) {
    const simplifier = new Simplifier();
    const plain = simplifier.simplify(entry, 0);
    visits += simplifier.visits;
    if (visits > MAX_VISITS) break;
    if (plain !== undefined && isName(key)) kept.push([String(key), plain]);
  }
  return Object.fromEntries(kept);
}

class Simplifier {
  visits = 0;

  /** Undefined if nothing plain is left, or there are too many values. */
  simplify(value: unknown, depth: number): Plain | undefined {
    if (++this.visits > MAX_VALUES || depth > MAX_DEPTH) return undefined;
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' || typeof value === 'string') return value;
    if (typeof value === 'bigint') return value.toString();
    if (Array.isArray(value)) return this.simplifyList(value, depth);
    return value instanceof Map ? this.simplifyDict(value, depth) : undefined;
  }

  private simplifyList(list: readonly unknown[], depth: number): Plain | undefined {
    if (list.length > MAX_VALUES) return undefined;
    const kept = list.map((value) => this.simplify(value, depth + 1));
    return kept.every((value) => value !== undefined) ? kept : undefined;
  }

  private simplifyDict(dict: ReadonlyMap<unknown, unknown>, depth: number): Plain | undefined {
    if (dict.size > MAX_VALUES) return undefined;
    const kept: [string, Plain][] = [];
    for (const [key, value] of dict) {
      const plain = this.simplify(value, depth + 1);
      if (plain !== undefined && isName(key)) kept.push([String(key), plain]);
    }
    return kept.length > 0 || dict.size === 0 ? Object.fromEntries(kept) : undefined;
  }
}

function isName(key: unknown): boolean {
  return typeof key === 'string' || typeof key === 'number';
}
