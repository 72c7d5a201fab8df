// Putting C text together. `code` is for text of a fixed form, `block` and `lines` for lists of statements.

/**
 * C text without the indentation that all its lines have. A value of several lines is indented like the place where it
 * stands; a line of nothing but empty values is omitted.
 */
export function code(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  let next = 0;
  const lines = linesOf(parts).flatMap((line) => {
    if (!line.includes('\0')) return [line];
    const filled = fill(line, () => String(values[next++]));
    return filled.trim() === '' ? [] : [filled];
  });
  return lines.join('\n');
}

/** By the place in the program where the template stands. */
const knownLines = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The lines of a template, with \0 for each value. */
function linesOf(parts: TemplateStringsArray): readonly string[] {
  const known = knownLines.get(parts);
  if (known) return known;
  const joined = parts
    .join('\0')
    .replace(/^\n/, '')
    .replace(/\n[ \t]*$/, '\n');
  const common = Math.min(...[...joined.matchAll(/^[ \t]*(?=\S|\0)/gm)].map(([space]) => space.length));
  const lines = joined.split('\n').map((line) => line.slice(common));
  knownLines.set(parts, lines);
  return lines;
}

function fill(line: string, value: () => string): string {
  const indentation = line.slice(0, line.search(/[^ \t]|$/));
  return line.replace(/\0/g, () => value().trimEnd().replaceAll('\n', `\n${indentation}`));
}

/**
 * The kernel's function. `operands` are C declarations such as `const float *x`, in the order of inputs, outputs and
 * workspace.
 */
export function kernelFunction(operands: readonly string[], body: string): string {
  const pointers = operands.map((declaration, i) => {
    const type = declaration.slice(0, declaration.indexOf('*') + 1);
    return `${declaration} = ${type === 'float *' || type === 'const float *' ? '' : `(${type})`}a[${i}];`;
  });
  return code`
    void NAME(struct pool *pool, int me, float *const *a) {
      ${pointers.join('\n')}
      ${body}
    }
  `;
}

/** A list with a separator, broken into lines that stay readable. */
export function initializerList(values: readonly (string | number)[], perLine = 16): string {
  const rows = Array.from({ length: Math.ceil(values.length / perLine) }, (_, i) =>
    values.slice(i * perLine, (i + 1) * perLine).join(', '),
  );
  return `{\n  ${rows.join(',\n  ')}\n}`;
}

/** Lines one level deeper. */
export function indent(text: string): string {
  return text.replace(/^(?=[^\n#])/gm, '  ');
}

/** Joins what is not empty, line by line. */
export function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part).join('\n');
}

/** `head { body }` over several lines. */
export function block(head: string, ...body: readonly (string | false | undefined)[]): string {
  return `${head} {\n${indent(lines(...body))}\n}`;
}

/** A static function that is not inlined, so that it gets all the registers. */
export function outlinedFunction(
  name: string,
  parameters: readonly string[],
  ...body: readonly string[]
): string {
  return `${block(`static __attribute__((noinline)) void ${name}(${parameters.join(', ')})`, ...body)}\n`;
}

/** `name + a + b`, without the terms that are zero; numbers are counts of floats. */
export function sum(...terms: readonly (string | number)[]): string {
  const texts = terms.filter((term) => term !== 0).map(String);
  return texts.length > 0 ? texts.join(' + ') : '0';
}

/** `index * step` as a long, or 0 for index 0. */
export function times(index: string | number, step: number): string | number {
  if (index === 0 || index === '0' || step === 0) return 0;
  if (typeof index === 'number') return index * step;
  return step === 1 ? index : `${index} * ${step}L`;
}
