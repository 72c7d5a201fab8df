// A chain of modules.

import { describeValue, wrongArgument } from '../../base/arguments.ts';
import { UsageError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { Module } from '../module.ts';

/**
 * Applies modules one after the other. Their names are 0, 1, 2, ... for a list, or the keys of an object.
 * @example
 * new Sequential({ conv1: new Conv2d(1, 6, 5), relu1: new ReLU() });
 */
export class Sequential extends Module {
  private readonly parts: ReadonlyMap<string, Module>;

  /** @throws UsageError unless all parts are modules */
  constructor(parts: readonly Module[] | Readonly<Record<string, Module>>, ...more: readonly never[]) {
    super();
    checkParts(parts, more);
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

function checkParts(parts: unknown, more: readonly unknown[]): void {
  const call = 'new Sequential(parts)';
  if (more.length > 0 || typeof parts !== 'object' || parts === null || parts instanceof Module) {
    const got = more.length > 0 ? `${1 + more.length} arguments` : describeValue(parts);
    throw new UsageError(
      `${call}: parts must be a list, as in new Sequential([a, b]), or an object, got ${got}.`,
    );
  }
  for (const [name, part] of Object.entries(parts)) {
    if (!(part instanceof Module))
      throw wrongArgument(call, `part ${name}`, 'a module, such as new ReLU()', part);
  }
}
