// A state that keeps its variables in the host's memory.

import { unknownName } from '../base/errors.ts';
import type { Variable } from '../graph/types.ts';
import type { Program } from '../program/program.ts';
import { type FloatTensor, floatTensor, zeros } from '../tensor/tensor.ts';
import type { State } from './executable.ts';
import { checkHolds, checkWrite, foreignState } from './state-checks.ts';

export class HostState implements State {
  readonly variables: readonly Variable[];
  private readonly values: Map<string, FloatTensor>;

  constructor(variables: readonly Variable[]) {
    this.variables = variables;
    this.values = new Map(variables.map(({ name, shape }) => [name, zeros(shape)]));
  }

  read(name: string): FloatTensor {
    const { shape, data } = this.tensor(name);
    return floatTensor(shape, data.slice());
  }

  write(name: string, value: FloatTensor): void {
    const current = this.tensor(name);
    checkWrite(name, current.shape, value);
    current.data.set(value.data);
  }

  /** The tensor itself, not a copy. */
  tensor(name: string): FloatTensor {
    const value = this.values.get(name);
    if (!value) throw unknownName('variable', name, [...this.values.keys()]);
    return value;
  }

  /** Puts another tensor of the same shape in the place of a variable's. */
  replace(name: string, value: FloatTensor): void {
    this.values.set(name, value);
  }

  dispose(): void {
    this.values.clear();
  }
}

/** Fails unless `state` is of the engine's own kind and holds every variable of the program. */
export function hostStateFor(engine: string, program: Program, state: State): HostState {
  if (!(state instanceof HostState)) throw foreignState(engine);
  checkHolds(state, program);
  return state;
}
