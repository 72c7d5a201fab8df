// Labels in file names: a folder of `cat.0.jpg` and `dog_12.png`, read by a regular expression.
import { basename, relative } from 'node:path';
import { DataError, UsageError } from '../../base/errors.ts';
import { formatCount, formatList } from '../../base/text.ts';
import { concatenate, type SplitDataset, type SplitName, splitNames } from '../dataset.ts';
import { FileDataset, type LabeledFile } from '../file-dataset.ts';
import { noteLabels } from '../label-notes.ts';
import { stratifiedSplit } from '../split.ts';
import type { FolderOptions } from './options.ts';

/** Patterns of a label and a number, in the order in which they are tried. */
const USUAL = [
  '^(.+)\\.\\d+\\.',
  '^(.+)_\\d+\\.',
  '^(.+)-\\d+\\.',
  '^(.+) \\(?\\d+\\)?\\.',
  '^(.+?)\\d+\\.',
  '^\\d+[._ -](.+)\\.',
];
const EXAMPLE = "write a regular expression such as '^(.+)_\\d+'";

/**
 * Parses a regular expression with one group, the label: `^(.+)_\d+` for Abyssinian_1.jpg. It is matched against the file name
 * with its extension. If there are several groups, one must be named `label`.
 * @throws UsageError unless it is such an expression
 */
export function parseLabelPattern(text: string): RegExp {
  let pattern: RegExp;
  try {
    pattern = new RegExp(text, 'u');
  } catch (error) {
    throw new UsageError(`label pattern "${text}": ${(error as Error).message}; ${EXAMPLE}.`);
  }
  // An empty alternative always matches, and its result has an entry for every group.
  const { length = 0, groups } = new RegExp(`${text}|`, 'u').exec('') ?? {};
  if (length === 2 || (groups && 'label' in groups)) return pattern;
  throw new UsageError(
    `label pattern "${text}" must have one group in parentheses, the label, got ${length - 1}; ${EXAMPLE}.`,
  );
}

/** The label in a file name, in composed Unicode; undefined if the name does not match or the label is empty. */
export function labelInName(path: string, pattern: RegExp): string | undefined {
  const match = pattern.exec(basename(path).normalize());
  const label = (match?.groups?.label ?? match?.[1])?.trim();
  return label === '' ? undefined : label;
}

/**
 * The label of each file.
 * @param folder what messages call the folder
 * @throws DataError if a name does not match
 */
function labelsInNames(folder: string, paths: readonly string[], pattern: RegExp): string[] {
  const labels = paths.map((path) => labelInName(path, pattern));
  const wrong = paths.filter((_, i) => labels[i] === undefined).map((path) => relative(folder, path));
  if (wrong.length === 0) return labels as string[];
  const suggestion = suggestPattern(paths);
  throw new DataError(
    `${folder}: the label pattern ${pattern.source} does not match ${wrong.length} of ${paths.length} file names (${formatList(wrong)}); ` +
      `${suggestion === undefined ? 'change the pattern, or move these files elsewhere' : `${patternOption(suggestion)} matches all`}.`,
  );
}

/** Images of a folder; `split` if the folder is a split. */
export interface NamedPart {
  readonly folder: string;
  readonly images: readonly string[];
  readonly split: SplitName | undefined;
}

/**
 * Opens a folder with labels in file names.
 * @param given its split folders, of which those without any label are skipped; or one part without a split, which is split by
 *   class and seed
 */
export function openByName(
  folder: string,
  given: readonly NamedPart[],
  pattern: RegExp,
  options: FolderOptions,
): Pick<SplitDataset, 'classes' | 'splits' | 'all'> & { readonly notes: readonly string[] } {
  const parts = given.filter(
    (part) => part.split === 'train' || given.length === 1 || hasLabels(part, pattern),
  );
  const labels = parts.map((part) => labelsInNames(part.folder, part.images, pattern));
  const classes = options.classes ?? [...new Set(labels.flat())].sort();
  const isFree = options.classes !== undefined || options.labels === 'optional';
  if (!isFree && classes.length === 1) throw oneClass(folder, classes[0], pattern);
  const datasets = parts.map((part, i) => {
    const files = withClasses(part.folder, part.images, labels[i], classes);
    return new FileDataset(classes, files, options);
  });
  const notes = [
    `${folder}: labels from file names by ${pattern.source} (${formatCount(classes.length, 'class', 'classes')}).`,
    ...noteLabels(labels.flat()).map((text) => `${folder}: ${text}`),
    ...given.flatMap((part) =>
      parts.includes(part) ? [] : [`${part.folder}: skipped, because no file name in it has a label.`],
    ),
  ];
  const [first] = parts;
  if (first?.split === undefined) {
    const [all] = datasets;
    return { classes, splits: stratifiedSplit(all, options), all, notes };
  }
  const part = (name: SplitName) => concatenate(datasets.filter((_, i) => parts[i].split === name));
  const [train, valid, test] = splitNames.map((name) => ({ ...part(name), classes }));
  return { classes, splits: { train, valid, test }, notes };
}

/** False for a test split with secret labels. */
function hasLabels({ images }: NamedPart, pattern: RegExp): boolean {
  return images.some((path) => labelInName(path, pattern) !== undefined);
}

function oneClass(folder: string, only: string, pattern: RegExp): DataError {
  return new DataError(
    `${folder}: the label pattern ${pattern.source} finds only one class, "${only}"; change it, or add images of other classes.`,
  );
}

function withClasses(
  folder: string,
  paths: readonly string[],
  labels: readonly string[],
  classes: readonly string[],
): LabeledFile[] {
  return paths.map((path, i) => {
    const label = classes.indexOf(labels[i]);
    if (label !== -1) return { path, label };
    throw new DataError(
      `${folder}: ${basename(path)} has the label "${labels[i]}", which is not one of the classes ${classes.join(', ')}; ` +
        'change the label pattern or move the file elsewhere.',
    );
  });
}

/**
 * A pattern for file names that all have a word and a number, if there are at least two words, and one of them more than once;
 * undefined otherwise.
 */
export function suggestPattern(paths: readonly string[]): string | undefined {
  return USUAL.find((text) => {
    const pattern = new RegExp(text, 'u');
    const labels = paths.map((path) => labelInName(path, pattern));
    const distinct = new Set(labels).size;
    return distinct > 1 && distinct < labels.length && labels.every((label) => /\p{L}/u.test(label ?? ''));
  });
}

/** The command line option, quoted for a shell. */
export function patternOption(pattern: string): string {
  return `--label-pattern '${pattern}'`;
}
