// Notes about suspicious labels: spellings that may mean one class, text that may mean "missing".
import { formatCount } from '../base/text.ts';

/** Maximum number of notes of one kind. */
const NAMED = 5;
const MISSING = /^(nan|na|n\/a|none|null)$/i;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The class of a label: trimmed, in composed Unicode. */
export function className(label: string): string {
  return label.trim().normalize();
}

/**
 * Notes about labels as they were written, with counts. Only labels with the same `className` are one class, which is noted
 * too.
 */
export function noteLabels(written: readonly string[]): string[] {
  const spellings = countBy(written, (label) => label);
  const classes = countBy(written, className);
  return [
    ...noteMerged(spellings),
    ...noteSimilar(classes),
    ...noteCombined(classes),
    ...noteWords(classes, MISSING, 'is read as the name of a class, not as a missing value'),
    ...noteWords(classes, /\ufffd/, 'contains U+FFFD: characters were lost when the text was converted'),
  ];
}

function countBy(labels: readonly string[], key: (label: string) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(key(label), (counts.get(key(label)) ?? 0) + 1);
  return counts;
}

/** Spellings that became one class. */
function noteMerged(spellings: ReadonlyMap<string, number>): string[] {
  const groups = grouped(spellings.keys(), className).filter((own) => own.length > 1);
  return sentences(
    groups,
    (own) =>
      `${withCounts(own, spellings)} are read as one class: they differ only in surrounding spaces or in the Unicode composition of accents.`,
  );
}

/** Classes that may mean the same. */
function noteSimilar(classes: ReadonlyMap<string, number>): string[] {
  const groups = grouped(classes.keys(), similarityKey).filter((own) => own.length > 1);
  return sentences(
    groups,
    (own) =>
      `${withCounts(own, classes)} differ only in case, spaces or the format of numbers, and are separate classes; ` +
      'use one spelling if they are one class.',
  );
}

/** Equal for labels that differ only in case, spaces, Unicode forms, or the format of numbers. */
export function similarityKey(label: string): string {
  const plain = label.normalize('NFKC').toLowerCase();
  const compact = plain.replace(/[\s_]+/g, '');
  return NUMBER.test(compact) ? String(Number(compact)) : compact;
}

/** `A|B` where A and B are classes too. */
function noteCombined(classes: ReadonlyMap<string, number>): string[] {
  const combined = [...classes.keys()].filter((label) => {
    const parts = label.split(/[|,;\s]+/).filter((part) => part !== '');
    return parts.length > 1 && parts.every((part) => classes.has(part));
  });
  if (combined.length === 0) return [];
  return [
    `${combined.length === 1 ? '1 label combines' : `${combined.length} labels combine`} others, such as ${withCounts(combined.slice(0, 1), classes)}; each ` +
      'combination is a separate class, as every image has exactly one class.',
  ];
}

function noteWords(classes: ReadonlyMap<string, number>, pattern: RegExp, meaning: string): string[] {
  const found = [...classes.keys()].filter((label) => pattern.test(label));
  return sentences(found, (label) => `the label ${withCounts([label], classes)} ${meaning}.`);
}

function grouped(labels: Iterable<string>, key: (label: string) => string): string[][] {
  const groups = new Map<string, string[]>();
  for (const label of labels) groups.set(key(label), [...(groups.get(key(label)) ?? []), label]);
  return [...groups.values()];
}

/** Notes for the first items, and the number of the others. */
function sentences<T>(items: readonly T[], sentence: (item: T) => string): string[] {
  const more = items.length - NAMED;
  return [
    ...items.slice(0, NAMED).map(sentence),
    ...(more > 0 ? [`${formatCount(more, 'more label')} of this kind.`] : []),
  ];
}

/** `"A" (2 images), "a" (6 images)` */
function withCounts(labels: readonly string[], counts: ReadonlyMap<string, number>): string {
  return labels
    .map((label) => {
      return `"${label}" (${formatCount(counts.get(label) ?? 0, 'image')})`;
    })
    .join(', ');
}
