// The kinds of error Fovea throws; each says what came, what was expected and how to fix it.
import { distance } from 'fastest-levenshtein';
import { visible } from './text.ts';

/** Base class of every error that Fovea raises on purpose. */
export class FoveaError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Operands whose shapes, types or attributes do not fit; raised while a graph is built. */
export class ShapeError extends FoveaError {}

/** A wrong name, option or argument: the caller has to change the call. */
export class UsageError extends FoveaError {}

/** A file, data set or checkpoint that is missing, damaged or not what it was taken for. */
export class DataError extends FoveaError {}

/** An engine that cannot run here, or failed while it ran. */
export class EngineError extends FoveaError {}

/** The work was aborted by the caller's `AbortSignal`. */
export class AbortedError extends FoveaError {}

/** A training run that cannot go on, for example because its loss is not a number any more. */
export class TrainingError extends FoveaError {}

/** A fault of Fovea itself. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}

/**
 * An error for a name that is in no table, with the nearest known name, if one is near, and the whole list.
 * @param kind what is named, for example `model`
 */
export function unknownName(kind: string, name: string, known: readonly string[]): UsageError {
  return new UsageError(
    `unknown ${kind} "${visible(String(name))}".${didYouMean(String(name), known)} Known: ${known.join(', ')}.`,
  );
}

/** ` Did you mean "lenet5"?` if a known name is similar enough; else empty. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` Did you mean "${visible(nearest)}"?`;
}

/** Largest fraction of a name that may be mistyped. */
const MISTYPED = 0.5;
/** Letters that a known name shares with a shorter one by more than chance: `flip` is part of `vertical-flip`. */
const PART = 4;
/** Longer names are not compared, which would take time. */
const LONGEST_NAME = 200;

/**
 * The known name with the fewest edits to get there, if these are few for its length or the given name is a part of it; letter
 * case counts for nothing.
 */
function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const plain = name.toLowerCase();
  const candidates = known
    .filter(({ length }) => length <= LONGEST_NAME)
    .map((candidate) => ({ candidate, edits: distance(plain, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => {
      const isPart = plain.length >= PART && candidate.toLowerCase().includes(plain);
      return isPart || edits <= MISTYPED * Math.max(name.length, candidate.length);
    });
  const least = Math.min(...candidates.map(({ edits }) => edits));
  return candidates.find(({ edits }) => edits === least)?.candidate;
}
