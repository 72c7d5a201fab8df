// The variables of the onnx engine: two tensors for each that changes, because a run reads the one and writes the other.
import type { Program } from '../../program/program.ts';
import { type FloatTensor, zeros } from '../../tensor/tensor.ts';
import type { State } from '../engine.ts';
import { HostState, hostStateFor } from '../host-state.ts';
import { foreignState, Turn } from '../state-checks.ts';

export class OnnxState extends HostState {
  private readonly spares = new Map<string, FloatTensor>();
  /** Runs read one tensor of a variable and write the other. */
  readonly turn = new Turn();

  /** Where a run writes the next value of a variable. */
  spare(name: string): FloatTensor {
    const spare = this.spares.get(name) ?? zeros(this.tensor(name).shape);
    this.spares.set(name, spare);
    return spare;
  }

  /** Makes the spare tensors of variables their values. */
  swap(names: Iterable<string>): void {
    for (const name of names) {
      const [value, spare] = [this.tensor(name), this.spare(name)];
      this.replace(name, spare);
      this.spares.set(name, value);
    }
  }

  override dispose(): void {
    super.dispose();
    this.spares.clear();
  }
}

/** Fails unless `state` is of this engine and holds every variable of the program. */
export function checkOnnxState(program: Program, state: State): OnnxState {
  const host = hostStateFor('onnx', program, state);
  if (host instanceof OnnxState) return host;
  throw foreignState('onnx');
}
