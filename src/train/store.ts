// Where a run keeps its checkpoints: in its directory, or in memory.
import type { Checkpoint } from './checkpoint.ts';

export type CheckpointKind = 'best' | 'last';

export interface CheckpointStore {
  /** The run directory, if there is one. */
  readonly path?: string;
  /** Keeps a checkpoint instead of the one before it; gives the path of its file, if there is one. */
  save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<string | undefined>;
  /** The best checkpoint, if one was saved. */
  loadBest(): Promise<Checkpoint | undefined>;
}

/** Keeps the best checkpoint in memory, and no other. */
export class MemoryStore implements CheckpointStore {
  private best: Checkpoint | undefined;

  async save(kind: CheckpointKind, checkpoint: Checkpoint): Promise<undefined> {
    if (kind === 'best') this.best = checkpoint;
  }

  async loadBest(): Promise<Checkpoint | undefined> {
    return this.best;
  }
}
