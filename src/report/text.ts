// Numbers and names as the report writes them.
export { formatDuration, formatInteger as grouped, formatPercent as percent } from '../base/text.ts';

/** `0.9150`; a dash for what is no number, or is missing. */
export function decimals(value: number | null | undefined, digits = 4): string {
  return Number.isFinite(value) ? value!.toFixed(digits) : '–';
}

/** `0.8671 to 0.9466` */
export function formatInterval([low, high]: readonly [number, number]): string {
  return `${decimals(low)} to ${decimals(high)}`;
}

/** A file with the folder that it is in: enough to find it, and no word of where the data lie. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}

/** Up to `most` characters of a text, with an ellipsis in place of the rest; wide characters count twice. */
export function shortened(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  const characters = [...text];
  while (widthOf(characters.join('')) >= most) characters.pop();
  return `${characters.join('')}…`;
}

/** Places that a text takes in letters: ideographs and the like take two. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (isWide.test(character) ? 2 : 1), 0);
}

const isWide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/**
 * A value of a configuration in words: `momentum (momentum 0.9)` of `{ name: 'momentum', settings: { momentum: 0.9 } }`,
 * `resize (size 32 × 32)`; lists of numbers with a cross between them, others with a comma.
 */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) {
    const isShape = value.length > 0 && value.every((entry) => Number.isInteger(entry) && entry > 0);
    return value.map(formatValue).join(isShape ? ' × ' : ', ');
  }
  return typeof value === 'object' ? formatFields(value) : String(value);
}

function formatFields(fields: object): string {
  const { name, transform, settings, ...rest } = fields as Record<string, unknown>;
  const entries = Object.entries({ ...rest, ...(typeof settings === 'object' ? settings : {}) });
  const details = entries.map(([key, entry]) => `${inWords(key)} ${formatValue(entry)}`).join(', ');
  const title = name ?? transform;
  if (typeof title !== 'string') return details || '–';
  return details === '' ? title : `${title} (${details})`;
}

/** `batch size` of `batchSize`. */
export function inWords(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
