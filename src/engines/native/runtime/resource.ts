// Something outside JavaScript that has to be given back, once, and never while a run uses it.
import { EngineError } from '../../../base/errors.ts';

export class Resource {
  private readonly what: string;
  private readonly ended: string;
  private readonly release: () => void;
  private users = 0;
  private open = true;
  private closed: (() => void) | undefined;

  /**
   * @param what names it in messages, for example `this memory`
   * @param ended says what became of it after `close`, for example `freed`
   */
  constructor(what: string, ended: string, release: () => void) {
    this.what = what;
    this.ended = ended;
    this.release = release;
  }

  /** @throws EngineError after `close` */
  check(): void {
    if (this.open) return;
    throw new EngineError(`${this.what} was ${this.ended}; make a new one, or keep it for longer.`);
  }

  /** Holds it until the matching `leave`. */
  enter(): void {
    this.users++;
  }

  leave(): void {
    this.users--;
    if (!this.open && this.users === 0) this.release();
  }

  /** Calls `callback` when it is closed, in use or not. */
  whenClosed(callback: () => void): void {
    this.closed = callback;
  }

  /** Refuses further use, and gives it back as soon as nobody uses it. May be called again. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.closed?.();
    if (this.users === 0) this.release();
  }
}

/**
 * Holds all of `resources` until the function that it returns is called.
 * @throws EngineError if one of them is closed; then none is held
 */
export function hold(resources: readonly Resource[]): () => void {
  for (const resource of resources) resource.check();
  for (const resource of resources) resource.enter();
  return () => {
    for (const resource of resources) resource.leave();
  };
}

/** Closes the resources of objects that were forgotten without being disposed of. */
const forgotten = new FinalizationRegistry<Resource>((resource) => resource.close());

/** Closes `resource` when `owner` is garbage. The resource must not refer to its owner. */
export function closeWhenForgotten(owner: object, resource: Resource): void {
  forgotten.register(owner, resource);
}
