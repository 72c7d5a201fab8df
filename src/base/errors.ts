// The kinds of error Fovea throws; each says what was received, what was expected and what to do.
import { distance } from 'fastest-levenshtein';
import { visible } from './text.ts';

/**
 * Base class of every error that Fovea throws on purpose. Its message says what was received, what was expected and what to do.
 *
 *     try { await openDataset('folder:photos'); }
 *     catch (error) { if (error instanceof DataError) console.error(error.message); }
 */
export class FoveaError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Shapes, types or attributes of operands do not match; thrown while a graph is built. */
export class ShapeError extends FoveaError {}

/** A name, option or argument is not valid: the call has to change. */
export class UsageError extends FoveaError {}

/** A file, data set or checkpoint is missing, damaged or of another kind. */
export class DataError extends FoveaError {}

/** An engine cannot run on this machine, or failed while it ran. */
export class EngineError extends FoveaError {}

/** The caller's `AbortSignal` aborted the work. */
export class AbortedError extends FoveaError {}

/** A training run cannot continue, for example because its loss is NaN or infinite. */
export class TrainingError extends FoveaError {}

/** A bug of Fovea itself. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}

/**
 * An error for an unknown name, with the nearest known name, if one is near, and the whole list.
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
/** Minimum length of a name that may match a part of a known one: `flip` of `vertical-flip`. */
const PART = 4;
/** Longer names are not compared, to save time. */
const LONGEST_NAME = 200;

/**
 * The known name at the smallest edit distance, if that is small for its length or the given name is a part of it; ignores
 * case.
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
