// A compiled program, and the state that it runs on.
import type { Variable } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';

/** The variables of a set of programs, on the engine's side. */
export interface State {
  readonly variables: readonly Variable[];
  /** A copy of a variable's value. @throws UsageError if there is no such variable */
  read(name: string): FloatTensor;
  /** Sets a variable. @throws UsageError if there is no such variable, ShapeError if the shape differs */
  write(name: string, value: FloatTensor): void;
  /** Frees the memory of the variables. */
  dispose(): void;
}

/** A compiled program bound to a state. */
export interface Executable {
  readonly program: Program;
  /**
   * Runs the program once and updates the state.
   * @param feeds one tensor for each of the program's inputs, by name; not changed, and not kept after the run
   * @returns the results by name, as tensors of the caller's own
   * @throws UsageError if an input is missing, unknown, or of another type or shape
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the compiled program; the state stays. */
  dispose(): void;
}
