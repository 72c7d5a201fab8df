// Checks that the states of all engines share.

import { EngineError, ShapeError, UsageError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import type { State } from './engine.ts';

/** Fails unless `value` has the shape of the variable it is written to. */
export function checkWrite(name: string, shape: Shape, value: FloatTensor): void {
  if (sameShape(shape, value.shape)) return;
  throw new ShapeError(
    `variable "${name}" has shape ${formatShape(shape)}, but got a value of shape ${formatShape(value.shape)}.`,
  );
}

/** Fails unless `state` holds every variable of the program. */
export function checkHolds(state: State, program: Program): void {
  const known = new Set(state.variables.map(({ name }) => name));
  const missing = program.variables.filter(({ variable }) => !known.has(variable.name));
  if (missing.length === 0) return;
  const names = missing.map(({ variable }) => variable.name).join(', ');
  throw new UsageError(
    `the state lacks variables of "${program.name}": ${names}; create it with all of them.`,
  );
}

/** What an engine says to a state that it did not make. */
export function foreignState(engine: string): EngineError {
  return new EngineError(
    `the ${engine} engine got a state of another engine; make it with this engine's createState.`,
  );
}

/** Lets one run at a time use a state. */
export class Turn {
  private taken = false;

  /** @throws EngineError while another run is going on */
  async during(run: () => Promise<void>): Promise<void> {
    if (this.taken) {
      throw new EngineError('a run on this state is still going on; await each run before the next one.');
    }
    this.taken = true;
    try {
      await run();
    } finally {
      this.taken = false;
    }
  }
}
