// Stores the checkpoints of a run: in its directory, or in memory.
import type { Checkpoint } from '../checkpoints/checkpoint.ts';

export type CheckpointKind = 'best' | 'last';

export interface CheckpointStore {
  /** The run directory, if there is one. */
  readonly path?: string;
  /** The engine last recorded for the run. */
  readonly engine?: string | undefined;
  /** Replaces the previous checkpoint. @returns the path of its file, if there is one */
  save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<string | undefined>;
  /** Step of the last checkpoint, if the run can be resumed from it. */
  readonly lastStep?: number | undefined;
  /** The best checkpoint, if one was saved. */
  loadBest(): Promise<Checkpoint | undefined>;
  /** Releases the place for other processes. */
  close(): Promise<void>;
}

/** Stores the best checkpoint in memory, and no other. */
export class MemoryStore implements CheckpointStore {
  readonly lastStep = undefined;
  private best: Checkpoint | undefined;

  async save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<undefined> {
    if (kind === 'best') this.best = checkpoint;
  }

  async loadBest(): Promise<Checkpoint | undefined> {
    return this.best;
  }

  async close(): Promise<void> {}
}
