// Modules: their fields are parameters and submodules, and the path of fields is a parameter's name.

import { UsageError } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import { Parameter } from './parameter.ts';

/**
 * Base class of layers and networks, like PyTorch's `nn.Module`. Subclasses keep parameters and submodules in fields and
 * implement `forward`. They call submodules with `this.conv.call(x)`, which names the nodes of the graph after the submodule.
 * @example
 * class Block extends Module {
 *   conv = new Conv2d(16, 16, 3, { padding: 1 });
 *   forward(x: Value): Value {
 *     return add(x, relu(this.conv.call(x)));
 *   }
 * }
 */
export abstract class Module {
  /** Dotted path from the root module, set by `namedParameters`; empty for the root. */
  path = '';

  /** Adds the module's computation to the graph of `x`. */
  abstract forward(x: Value): Value;

  /** Runs `forward` with nodes named after the module's path. */
  call(x: Value): Value {
    return x.graph.within(this.path, () => this.forward(x));
  }

  /** Submodules and parameters by field name; elements of arrays are `field.0`, `field.1`, ... */
  children(): [string, Module | Parameter][] {
    return Object.entries(this).flatMap(([field, held]) => {
      const parts: [string, unknown][] = Array.isArray(held)
        ? held.map((part, i) => [`${field}.${i}`, part])
        : [[field, held]];
      return parts.filter((entry): entry is [string, Module | Parameter] => isPart(entry[1]));
    });
  }
}

function isPart(held: unknown): held is Module | Parameter {
  return held instanceof Module || held instanceof Parameter;
}

/**
 * Sets the path of every module and the name of every parameter below `root`.
 * @returns parameters and buffers by name, in the order of fields; shared parameters once
 * @throws UsageError if two parameters have the same name
 */
export function namedParameters(root: Module): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  const seen = new Set<Parameter>();
  const walk = (module: Module, path: string): void => {
    module.path = path;
    for (const [name, part] of module.children()) {
      const partPath = path === '' ? name : `${path}.${name}`;
      if (part instanceof Module) {
        walk(part, partPath);
      } else if (!seen.has(part)) {
        if (parameters.has(partPath))
          throw new UsageError(`two parameters are named "${partPath}"; rename a field.`);
        part.name = partPath;
        seen.add(part);
        parameters.set(partPath, part);
      }
    }
  };
  walk(root, '');
  return parameters;
}
