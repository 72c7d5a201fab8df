// A chain of modules.

import { describeValue, wrongArgument } from '../../base/arguments.ts';
import { UsageError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { Module } from '../module.ts';

/** A module, or a function of values without parameters, such as `relu`. */
export type Layer = Module | ((x: Value) => Value);

/**
 * Applies layers one after the other. Their names are 0, 1, 2, ... for a list, or the keys of an object.
 * @example
 * new Sequential({ conv1: new Conv2d(1, 6, 5), act1: leakyRelu });
 */
export class Sequential extends Module {
  private readonly parts: ReadonlyMap<string, Module>;

  /** @throws UsageError unless all parts are modules or functions */
  constructor(parts: readonly Layer[] | Readonly<Record<string, Layer>>, ...more: readonly never[]) {
    super();
    checkParts(parts, more);
    this.parts = new Map(Object.entries<Layer>(parts).map(([name, part]) => [name, toModule(part)]));
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

/** A function of values as a module. */
class Lambda extends Module {
  private readonly apply: (x: Value) => Value;

  constructor(apply: (x: Value) => Value) {
    super();
    this.apply = apply;
  }

  forward(x: Value): Value {
    return this.apply(x);
  }
}

function toModule(layer: Layer): Module {
  return layer instanceof Module ? layer : new Lambda((x) => layer(x));
}

function checkParts(parts: unknown, more: readonly unknown[]): void {
  const call = 'new Sequential(parts)';
  if (more.length > 0 || typeof parts !== 'object' || parts === null || parts instanceof Module) {
    const got = more.length > 0 ? `${1 + more.length} arguments` : describeValue(parts);
    throw new UsageError(
      `${call}: parts must be a list, as in new Sequential([a, b]), or an object, got ${got}.`,
    );
  }
  for (const [name, part] of Object.entries(parts)) {
    const isClass = typeof part === 'function' && part.prototype instanceof Module;
    if (isClass || !(part instanceof Module || typeof part === 'function'))
      throw wrongArgument(call, `part ${name}`, 'a module, such as new ReLU(), or a function', part);
  }
}
