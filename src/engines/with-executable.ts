// Compiles a program for a single use.
import { lookup } from '../base/lookup.ts';
import type { Program } from '../program/program.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import type { Engine } from './engine.ts';
import type { Executable } from './executable.ts';

/** Compiles a program with the given weights, calls `use` with it, and releases program and state afterwards. */
export async function withExecutable<Result>(
  engine: Engine,
  program: Program,
  weights: ReadonlyMap<string, FloatTensor>,
  use: (executable: Executable) => Promise<Result>,
): Promise<Result> {
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    for (const { name } of state.variables) state.write(name, lookup(weights, name));
    const executable = await engine.compile(program, state);
    return await use(executable).finally(() => executable.dispose());
  } finally {
    state.dispose();
  }
}
