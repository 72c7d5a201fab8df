// Makes names from files safe to show: characters that would move the cursor, break the line or reorder the text are escaped.

/** Controls, lone surrogates, line separators, zero-width and directional formatting characters. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

const familiar: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` on one line with control characters made visible: an escape character as `\x1b`, a line break as `\n`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!;
    const escaped = code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
    return familiar[character] ?? escaped;
  });
}

/** JSON with the same characters as `\u` escapes, equal after parsing. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) => `\\u${hex(character.codePointAt(0)!, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
