// The variables of the onnx engine: two tensors for each that changes, because a run reads the one and writes the other.
import type { Program } from '../../program/program.ts';
import { EngineError } from '../../tensor/errors.ts';
import { type FloatTensor, zeros } from '../../tensor/tensor.ts';
import type { State } from '../engine.ts';
import { HostState, hostStateFor } from '../host-state.ts';

export class OnnxState extends HostState {
  private readonly spares = new Map<string, FloatTensor>();
  private running = false;

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

  /** Fails while another run on the state is going on. */
  async during(run: () => Promise<void>): Promise<void> {
    if (this.running) {
      throw new EngineError('a run on this state is still going on; await each run before the next one.');
    }
    this.running = true;
    try {
      await run();
    } finally {
      this.running = false;
    }
  }

  override dispose(): void {
    super.dispose();
    this.spares.clear();
  }
}

/** Fails unless `state` is of this engine and holds every variable of the program. */
export function onnxStateFor(program: Program, state: State): OnnxState {
  const host = hostStateFor('onnx', program, state);
  if (host instanceof OnnxState) return host;
  throw new EngineError(
    "the onnx engine got a state of another engine; make it with this engine's createState.",
  );
}
