// Fits help texts to the width of the terminal: fills paragraphs, and breaks long examples.

/** The width of help if the output is not a terminal, as in Commander. */
const USUAL_WIDTH = 80;

/** Help texts filled to a width: by default the terminal's, or 80 columns without one. */
export function fitHelp(text: string, width = process.stdout.columns ?? USUAL_WIDTH): string {
  return text
    .replace(/^\S.*(\n\S.*)*/gm, (paragraph) => filled(paragraph.split(/\s+/), width))
    .replace(/^ +\$ (.*\\\n)*.*/gm, (example) => {
      const parts = example.replace(/ \\\n +/g, ' ').split(/ (?=--)/);
      return filled(parts, width, ' \\', ' '.repeat(6));
    });
}

/**
 * Parts with a space between them, as many in a line as there is room for.
 * @param end what ends all lines but the last
 * @param indent what begins all lines but the first
 */
function filled(parts: readonly string[], width: number, end = '', indent = ''): string {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${part}` : part;
    if (lines.length === 0) lines.push(part);
    else if (longer.length + end.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${part}`);
  }
  return lines.join(`${end}\n`);
}
