// Checks of what pickled calls are given.
import { PickleFault } from './fault.ts';
import { describe } from './machine.ts';

export function textArgument(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new PickleFault(`gives ${describe(value)} as ${what}; expected a text`);
}

export function numberArgument(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  throw new PickleFault(`gives ${describe(value)} as ${what}; expected a number`);
}

export function listArgument(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new PickleFault(`gives ${describe(value)} as ${what}; expected a list`);
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
  throw new PickleFault(`gives ${describe(value)} as ${what}; expected a ${kind.name}`);
}
