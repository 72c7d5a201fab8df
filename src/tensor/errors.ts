// The kinds of error Fovea throws; each says what came, what was expected and how to fix it.
import { closest } from 'fastest-levenshtein';

/** Base class of every error that Fovea raises on purpose. */
export class FoveaError extends Error {
  constructor(message: string, options?: ErrorOptions) {
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

/** Work that the caller's `AbortSignal` has ended. */
export class AbortedError extends FoveaError {}

/** A training run that cannot go on, for example because its loss is not a number any more. */
export class TrainingError extends FoveaError {}

/** A fault of Fovea itself. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}

/**
 * An error for a name that is in no table, with the nearest known name and the whole list.
 * @param kind what is named, for example `model`
 */
export function unknownName(kind: string, name: string, known: readonly string[]): UsageError {
  const nearest = known.length > 0 ? ` Did you mean "${closest(name, [...known])}"?` : '';
  return new UsageError(`unknown ${kind} "${name}".${nearest} Known: ${known.join(', ')}.`);
}
