// Modules: a module's fields are its parameters and its parts, and the path of fields is a parameter's name.

import { UsageError } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import { Parameter } from './parameter.ts';

/**
 * A part of a network. Subclasses keep parameters and parts in fields and write `forward`; they call their parts with
 * `this.part.call(x)`, which names the nodes after the part.
 */
export abstract class Module {
  /** Path from the root module, dotted; empty for the root itself. Set when the modules are walked. */
  path = '';

  /** Adds the module's computation to the graph of `x`. */
  abstract forward(x: Value): Value;

  /** `forward`, with the nodes named after the module's path. */
  call(x: Value): Value {
    return x.graph.within(this.path, () => this.forward(x));
  }

  /** Parts and parameters by their names: the module's own fields, arrays as `field.0`, `field.1`, ... */
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
 * Names every module and parameter below `root` by its path, and gives the parameters and buffers in order of their fields.
 * @throws UsageError if two parameters end up with one name
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
