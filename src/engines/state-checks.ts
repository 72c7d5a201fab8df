// Checks shared by the states of all engines.

import { EngineError, ShapeError, UsageError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import type { State } from './executable.ts';

/** @throws ShapeError unless `value` has the shape of the variable it is written to */
export function checkWrite(name: string, shape: Shape, value: FloatTensor): void {
  if (sameShape(shape, value.shape)) return;
  throw new ShapeError(
    `variable "${name}" has shape ${formatShape(shape)}, but got a value of shape ${formatShape(value.shape)}.`,
  );
}

/** @throws UsageError unless `state` holds every variable of the program */
export function checkHolds(state: State, program: Program): void {
  const known = new Set(state.variables.map(({ name }) => name));
  const missing = program.variables.filter(({ variable }) => !known.has(variable.name));
  if (missing.length === 0) return;
  const names = missing.map(({ variable }) => variable.name).join(', ');
  throw new UsageError(
    `the state lacks variables of "${program.name}": ${names}; create it with all of them.`,
  );
}

/** The error for a state of another engine. */
export function foreignState(engine: string): EngineError {
  return new EngineError(
    `the ${engine} engine got a state of another engine; create it with createState of this engine.`,
  );
}

/** Allows one run at a time on a state. */
export class RunLock {
  private locked = false;

  /** @throws EngineError while another run is in progress */
  async hold(run: () => Promise<void>): Promise<void> {
    if (this.locked) {
      throw new EngineError(
        'another run on this state is in progress; await each run before starting the next.',
      );
    }
    this.locked = true;
    try {
      await run();
    } finally {
      this.locked = false;
    }
  }
}
