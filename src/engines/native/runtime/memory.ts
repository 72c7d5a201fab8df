// Memory that generated code computes in: outside JavaScript's heap, aligned, and seen from JavaScript without copying.

import { constants } from 'node:buffer';
import koffi from 'koffi';
import { EngineError, UsageError } from '../../../base/errors.ts';
import { formatBytes } from '../../../base/text.ts';
import { machineMemory } from '../../../system/memory.ts';
import type { Address, Bindings } from './bindings.ts';
import { closeWhenForgotten, Resource } from './resource.ts';

const FLOAT_BYTES = 4;
const POINTER_BYTES = 8;
/** What one view can show; a larger one would end the process. */
const MOST_VIEWED = constants.MAX_LENGTH;

/** Whoever holds a view of a memory holds the memory: it is not freed while the view is in use. */
const owners = new WeakMap<ArrayBuffer, NativeMemory>();

interface Block {
  readonly bindings: Bindings;
  readonly address: Address;
  readonly bytes: number;
}

/** Told when a view that outlived its block is garbage: a view of unmapped memory would crash the process. */
const outliving = new FinalizationRegistry<() => void>((ended) => ended());

function freeBlock({ bindings, address, bytes }: Block): void {
  bindings.free(address, bytes);
}

/** A block of zeros on a 64-byte border; of 2 MiB and more, on huge pages where the system has them. */
export class NativeMemory {
  readonly bytes: number;
  readonly address: Address;
  /** Closed by `free`. */
  readonly resource: Resource;
  /** By offset and size. */
  private readonly views = new Map<string, WeakRef<ArrayBuffer>>();

  /**
   * @param bytes size, a positive integer
   * @throws EngineError if the system has not so much memory
   */
  constructor(bindings: Bindings, bytes: number) {
    if (!Number.isSafeInteger(bytes) || bytes < 1) {
      throw new UsageError(`memory is allocated in whole bytes from 1, but got ${bytes}.`);
    }
    // Systems promise more than they have, and end whoever uses it.
    if (bytes > machineMemory) throw outOfMemory(bytes, `there are ${formatBytes(machineMemory)} in all`);
    const address = bindings.allocate(bytes);
    if (address === null) throw outOfMemory(bytes, bindings.error());
    const { views } = this;
    this.bytes = bytes;
    this.address = address;
    this.resource = new Resource('this memory', 'freed', () =>
      release({ bindings, address, bytes }, [...views.values()]),
    );
    closeWhenForgotten(this, this.resource);
  }

  /** The memory as numbers; not a copy. After `free`, arrays from here hold nothing of meaning. */
  floats(): Float32Array<ArrayBuffer> {
    return new Float32Array(this.arrayBuffer(), 0, Math.floor(this.bytes / FLOAT_BYTES));
  }

  /** The memory as bytes; not a copy. */
  arrayBuffer(): ArrayBuffer {
    return this.view(0, this.bytes);
  }

  /** `bytes` bytes from `offset` on; not a copy. */
  part(offset: number, bytes: number): Uint8Array<ArrayBuffer> {
    // One view of it all is sooner there than many.
    return this.bytes <= MOST_VIEWED
      ? new Uint8Array(this.arrayBuffer(), offset, bytes)
      : new Uint8Array(this.view(offset, bytes));
  }

  private view(offset: number, bytes: number): ArrayBuffer {
    this.resource.check();
    const key = `${offset} ${bytes}`;
    const known = this.views.get(key)?.deref();
    if (known) return known;
    const buffer = koffi.view(this.address + BigInt(offset), bytes);
    this.views.set(key, new WeakRef(buffer));
    owners.set(buffer, this);
    return buffer;
  }

  /** Gives the memory back, after the runs that use it. */
  free(): void {
    this.resource.close();
  }
}

function release(block: Block, views: readonly WeakRef<ArrayBuffer>[]): void {
  const inUse = views.map((view) => view.deref()).filter((view) => view !== undefined);
  let left = inUse.length;
  if (left > 0) block.bindings.empty(block.address, block.bytes);
  else freeBlock(block);
  for (const view of inUse) {
    outliving.register(view, () => {
      if (--left === 0) freeBlock(block);
    });
  }
}

function outOfMemory(bytes: number, reason: string): EngineError {
  return new EngineError(
    `could not allocate ${formatBytes(bytes)} (${reason}); use a smaller batch or image size, or free some memory.`,
  );
}

/** A place in a block of memory. */
export interface MemoryPart {
  readonly memory: NativeMemory;
  /** Distance from the start, in bytes (default: 0). */
  readonly offset?: number;
}

/** The buffers of a step, in the form that the step takes them. It keeps their memory from being forgotten. */
export class PointerTable {
  /** Closed by `free`. */
  readonly resource: Resource;
  readonly address: Address;
  private readonly parts: MemoryPart[];
  private readonly addresses: BigUint64Array;
  private held: readonly Resource[] | undefined;

  /** @throws UsageError if a part is outside its memory, EngineError if one is freed */
  constructor(bindings: Bindings, parts: readonly MemoryPart[]) {
    const table = new NativeMemory(bindings, Math.max(1, parts.length) * POINTER_BYTES);
    this.resource = table.resource;
    this.address = table.address;
    this.addresses = new BigUint64Array(table.arrayBuffer());
    this.parts = [...parts];
    for (const [index, part] of parts.entries()) this.set(index, part);
  }

  /** What a run with this table has to hold. */
  get resources(): readonly Resource[] {
    this.held ??= [this.resource, ...new Set(this.parts.map(({ memory }) => memory.resource))];
    return this.held;
  }

  /** Puts another part in a place of the table; not while a run uses the table. */
  set(index: number, part: MemoryPart): void {
    const { memory, offset = 0 } = part;
    for (const resource of [this.resource, memory.resource]) resource.check();
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.parts.length) {
      throw new UsageError(`the table has ${this.parts.length} buffers, but got number ${index}.`);
    }
    if (!Number.isSafeInteger(offset) || offset < 0 || offset >= memory.bytes) {
      throw new UsageError(`buffer ${index} starts at byte ${offset} of a memory of ${memory.bytes} bytes.`);
    }
    this.parts[index] = part;
    this.addresses[index] = memory.address + BigInt(offset);
    this.held = undefined;
  }

  free(): void {
    this.resource.close();
  }
}
