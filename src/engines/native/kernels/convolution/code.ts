// Putting C text together, indented.

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

/** A function that is compiled apart from its callers, so that it gets all the registers. */
export function kernelFunction(
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
