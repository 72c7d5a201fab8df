// The variables of the onnx engine, double-buffered: a run reads the front buffer of a variable and writes its
// back buffer.
import type { Program } from '../../program/program.ts';
import { type FloatTensor, zeros } from '../../tensor/tensor.ts';
import type { State } from '../executable.ts';
import { HostState, hostStateFor } from '../host-state.ts';
import { foreignState, RunLock } from '../state-checks.ts';

export class OnnxState extends HostState {
  private readonly backBuffers = new Map<string, FloatTensor>();
  readonly lock = new RunLock();

  /** Where a run writes the next value of a variable. */
  backBuffer(name: string): FloatTensor {
    const buffer = this.backBuffers.get(name) ?? zeros(this.tensor(name).shape);
    this.backBuffers.set(name, buffer);
    return buffer;
  }

  /** Swaps the buffers of the variables that a run has written. */
  swap(names: Iterable<string>): void {
    for (const name of names) {
      const [front, back] = [this.tensor(name), this.backBuffer(name)];
      this.replace(name, back);
      this.backBuffers.set(name, front);
    }
  }

  override dispose(): void {
    super.dispose();
    this.backBuffers.clear();
  }
}

/**
 * The state as one of this engine.
 * @throws EngineError if another engine created it
 * @throws UsageError if it lacks a variable of the program
 */
export function checkOnnxState(program: Program, state: State): OnnxState {
  const host = hostStateFor('onnx', program, state);
  if (host instanceof OnnxState) return host;
  throw foreignState('onnx');
}
