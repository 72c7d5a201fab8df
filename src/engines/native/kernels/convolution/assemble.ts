// Puts a kernel's function together: operands by name, scratch memory, what must be ready first, and the work itself.
import { block, indent, lines } from '../../compiler/code.ts';
import type { Kernel } from '../../compiler/kernel.ts';

/** Operands in the order of the kernel's arguments. */
export interface Argument {
  readonly name: string;
  readonly type: 'const float *' | 'float *';
}

/** Memory of the workspace under a name. */
export interface Scratch {
  readonly name: string;
  readonly floats: number;
}

export interface Parts {
  readonly functions: string;
  readonly operands: readonly Argument[];
  readonly scratch: readonly Scratch[];
  /** Statements that follow each other behind barriers; empty ones are omitted. Each has its own scope. */
  readonly stages: readonly string[];
  /** Further declarations. */
  readonly declarations?: string;
  readonly flops: number;
  readonly method?: string;
}

/** Floats between borders of cache lines. */
const LINE = 16;

export function assemble({ functions, operands, scratch, stages, declarations, ...facts }: Parts): Kernel {
  const used = scratch.filter(({ floats }) => floats > 0);
  let workspace = 0;
  const places = used.map(({ name, floats }) => {
    const declaration = `float *${name} = a[${operands.length}] + ${workspace}L;`;
    workspace += Math.ceil(floats / LINE) * LINE;
    return declaration;
  });
  const code = lines(
    functions,
    block(
      'void NAME(struct pool *pool, int me, float *const *a)',
      ...operands.map(({ name, type }, i) => `${type}${name} = a[${i}];`),
      ...places,
      declarations,
      stages
        .filter((stage) => stage)
        .map((stage) => `{\n${indent(stage)}\n}`)
        .join('\npool->barrier(pool);\n'),
    ),
  );
  return { code, ...facts, ...(workspace > 0 ? { workspace } : {}) };
}
