// Checks of the arguments of pickled calls.
import { PickleFault, UnreadableValue } from './fault.ts';
import { describe, Opaque } from './machine.ts';

export function textArgument(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw wrongArgument(value, what, 'a string');
}

export function numberArgument(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  throw wrongArgument(value, what, 'a number');
}

export function listArgument(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongArgument(value, what, 'a list');
}

export function numbersArgument(value: unknown, what: string): readonly number[] {
  return listArgument(value, what).map((element) => numberArgument(element, what));
}

export function instanceArgument<T>(
  value: unknown,
  kind: abstract new (...args: never) => T,
  what: string,
): T {
  if (value instanceof kind) return value;
  throw wrongArgument(value, what, `a ${kind.name}`);
}

/** A value made of an unreadable one is unreadable too; any other wrong argument means a damaged file. */
function wrongArgument(value: unknown, what: string, expected: string): PickleFault {
  if (value instanceof Opaque) return new UnreadableValue(value.reason);
  return new PickleFault(`gives ${describe(value)} as ${what}; expected ${expected}`);
}
