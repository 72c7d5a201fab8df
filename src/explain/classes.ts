// Classes of a checkpoint by name or index, and their names in file names.
import { UsageError, unknownName } from '../base/errors.ts';

/**
 * The index of the class with this name or, if no class has the name, with this index.
 * @throws UsageError if no class matches, or several have the name
 */
export function findClass(classes: readonly string[], nameOrIndex: string): number {
  const named = classes.flatMap((name, index) => (name === nameOrIndex ? [index] : []));
  if (named.length === 1) return named[0];
  if (named.length > 1) {
    throw new UsageError(
      `${named.length} classes are named "${nameOrIndex}"; give the index instead: ${named.join(' or ')}.`,
    );
  }
  const index = Number(nameOrIndex);
  if (/^\d+$/.test(nameOrIndex) && index < classes.length) return index;
  throw unknownName('class', nameOrIndex, [...classes.slice(0, 20), `0 to ${classes.length - 1}`]);
}

const MAX_LENGTH = 60;

/** A class's name for use in a file name, with its index if the name is not unique. */
export function classFileName(classes: readonly string[], index: number): string {
  const named = classes.map(fileNamePart);
  const own = named[index] || 'class';
  return named.indexOf(own) === index && named.lastIndexOf(own) === index ? own : `${own}-${index}`;
}

function fileNamePart(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._]+/gu, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^[-.]+|[-.]+$/g, '');
}
