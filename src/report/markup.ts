// HTML and SVG as text in which whatever is put in is escaped, because names of classes and files can hold anything.

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template: markup as it is, text and numbers escaped, lists one after the other, undefined as nothing. */
export type Content = Markup | string | number | undefined | readonly Content[];

/** A template for markup: `` markup`<b>${name}</b>` ``. Attributes are to be quoted. */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...contents.map(textOf)));
}

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escaped(content);
  if (typeof content === 'number') return String(content);
  return content === undefined ? '' : content.map(textOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that XML does not allow become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => entities[character])
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (character) => (/\s/.test(character) ? ' ' : '\ufffd'));
}
