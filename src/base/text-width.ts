// Widths of text in columns.

const isWide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/** Width of a text in columns; ideographs and emoji take two. */
export function textWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + (isWide.test(character) ? 2 : 1), 0);
}

/** A text of at most `width` columns: an ellipsis replaces its end, or its middle. */
export function truncate(text: string, width: number, place: 'end' | 'middle' = 'end'): string {
  if (textWidth(text) <= width) return text;
  const tail = place === 'middle' ? fitting(text, Math.floor((width - 1) / 2), 'last') : '';
  return `${fitting(text, width - 1 - textWidth(tail), 'first')}…${tail}`;
}

/** The first or last characters of a text that fit `width`. */
function fitting(text: string, width: number, which: 'first' | 'last'): string {
  const characters = [...text];
  while (textWidth(characters.join('')) > width) {
    if (which === 'first') characters.pop();
    else characters.shift();
  }
  return characters.join('');
}
