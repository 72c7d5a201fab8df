// The classes of a checkpoint as people name them.
import { UsageError, unknownName } from '../base/errors.ts';

/**
 * The index of a class by its name or, where no class has that name, by its index.
 * @throws UsageError if there is none, or several have the name
 */
export function findClass(classes: readonly string[], nameOrIndex: string): number {
  const named = classes.flatMap((name, index) => (name === nameOrIndex ? [index] : []));
  if (named.length === 1) return named[0];
  if (named.length > 1) {
    throw new UsageError(
      `${named.length} classes are called "${nameOrIndex}"; choose one by its index: ${named.join(', ')}.`,
    );
  }
  const index = Number(nameOrIndex);
  if (/^\d+$/.test(nameOrIndex) && index < classes.length) return index;
  throw unknownName('class', nameOrIndex, [...classes.slice(0, 20), `0 to ${classes.length - 1}`]);
}

const LONGEST = 60;

/** A class's name as part of the name of a file, with its index where the name alone would not tell. */
export function classFileName(classes: readonly string[], index: number): string {
  const named = classes.map(plain);
  const own = named[index] || 'class';
  return named.indexOf(own) === index && named.lastIndexOf(own) === index ? own : `${own}-${index}`;
}

function plain(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._]+/gu, '-')
    .slice(0, LONGEST)
    .replace(/^[-.]+|[-.]+$/g, '');
}
