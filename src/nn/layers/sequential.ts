// Modules one after the other.
import type { Value } from '../../graph/graph.ts';
import { Module } from '../module.ts';

/** Parts are named 0, 1, 2, ... if given as a list, or by their keys: `new Sequential({ conv1: ..., relu1: ... })`. */
export class Sequential extends Module {
  private readonly parts: ReadonlyMap<string, Module>;

  constructor(parts: readonly Module[] | Readonly<Record<string, Module>>) {
    super();
    this.parts = new Map(Object.entries(parts));
  }

  override children(): [string, Module][] {
    return [...this.parts];
  }

  forward(x: Value): Value {
    let value = x;
    for (const part of this.parts.values()) value = part.call(value);
    return value;
  }
}
