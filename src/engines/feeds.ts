// Checks of a run's inputs, used by all engines.

import { UsageError, unknownName } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Fails unless `feeds` holds exactly the inputs of the program, with their types and shapes, and values it can use. */
export function checkFeeds(program: Program, feeds: Readonly<Record<string, Tensor>>): void {
  for (const { name, value } of program.inputs) {
    const fed = feeds[name];
    if (!fed)
      throw new UsageError(
        `"${program.name}" needs an input "${name}" ${formatShape(value.shape)}, but got none.`,
      );
    if (fed.dtype === value.dtype && sameShape(fed.shape, value.shape)) continue;
    throw new UsageError(
      `"${program.name}" takes input "${name}" as ${value.dtype}${formatShape(value.shape)}, but got ` +
        `${fed.dtype}${formatShape(fed.shape)}.`,
    );
  }
  checkValues(program, feeds);
  const known = program.inputs.map(({ name }) => name);
  for (const name of Object.keys(feeds)) if (!known.includes(name)) throw unknownName('input', name, known);
}

function checkValues(program: Program, feeds: Readonly<Record<string, Tensor>>): void {
  for (const { operator, inputs } of program.nodes) {
    if (!operator.checkInputs) continue;
    const tensors = inputs.map(({ source }) => (source.kind === 'input' ? feeds[source.name] : undefined));
    operator.checkInputs(tensors, inputs);
  }
}
