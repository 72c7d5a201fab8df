// Tuning: kernels that were measured to be faster on this machine than those of the rules of thumb.
import { formatShape } from '../../../tensor/shape.ts';
import type { InstructionKind } from '../compiler/instruction.ts';
import type { Kernel, KernelRule, Operand, Request } from '../compiler/kernel.ts';
import { formatLayout } from '../compiler/layout.ts';
import type { Rules } from '../compiler/plan/layouts.ts';

/** The fastest way to compute a kernel, as `Variant.method` names it. */
export interface Choice {
  readonly method: string;
  /** Time by the rules of thumb over time by this method. */
  readonly speedup: number;
}

/** Choices by the keys of kernels. */
export type Choices = ReadonlyMap<string, Choice>;

/** All that a kernel's speed depends on beside the machine and the number of threads. */
export function kernelKey(kind: InstructionKind, { attributes, inputs, outputs }: Request<object>): string {
  const operands = (list: readonly Operand[]) =>
    list.map(({ shape, layout }) => `${formatShape(shape)} ${formatLayout(layout)}`).join(', ');
  return `${kind} ${operands(inputs)} -> ${operands(outputs)} ${JSON.stringify(attributes)}`;
}

/** The rules, with kernels made as was chosen for them. A method that no longer exists is ignored. */
export function tunedRules(rules: Rules, choices: Choices): Rules {
  if (choices.size === 0) return rules;
  return withKernels(rules, (kind, rule, request) => {
    const method = rule.variants && choices.get(kernelKey(kind, request))?.method;
    const variant = method && rule.variants?.(request).find((other) => other.method === method);
    return variant ? { ...variant.make(), method: `${method} (tuned)` } : rule.kernel(request);
  });
}

type MakeKernel = (kind: InstructionKind, rule: KernelRule, request: Request<object>) => Kernel;

/** The rules with another way to make kernels. */
export function withKernels(rules: Rules, make: MakeKernel): Rules {
  const entries = Object.entries(rules) as [InstructionKind, KernelRule][];
  const changed = entries.map(([kind, rule]) => [
    kind,
    { ...rule, kernel: (request: Request<object>) => make(kind, rule, request) },
  ]);
  return Object.fromEntries(changed) as Rules;
}
