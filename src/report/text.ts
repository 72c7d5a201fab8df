// Formats numbers and names for the report.
/** The last folder and the file name of a path; the location of the data set is not revealed. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}

/** At most `most` columns of a text, ending in an ellipsis if it is cut; wide characters count twice. */
export function truncate(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  const characters = [...text];
  while (textWidth(characters.join('')) >= most) characters.pop();
  return `${characters.join('')}…`;
}

/** Width of a text in columns; ideographs and emoji take two. */
export function textWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + (isWide.test(character) ? 2 : 1), 0);
}

const isWide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/**
 * A value of a configuration as text: `{ name: 'momentum', settings: { momentum: 0.9 } }` becomes `momentum (momentum 0.9)`.
 * Sizes are joined by crosses (`32 × 32`), other lists by commas.
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
  const details = entries.map(([key, entry]) => `${splitWords(key)} ${formatValue(entry)}`).join(', ');
  const title = name ?? transform;
  if (typeof title !== 'string') return details || '–';
  return details === '' ? title : `${title} (${details})`;
}

/** `batch size` for `batchSize` */
export function splitWords(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
