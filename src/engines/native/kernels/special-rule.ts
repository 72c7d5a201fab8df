// Rules that are for some requests only, before a rule that is for all of them.
import type { Kernel, KernelRule, LayoutRequest, Request } from '../compiler/kernel.ts';

export interface SpecialRule<A extends object> {
  /** Layouts as a rule's, if this is one of the requests. */
  layouts(request: LayoutRequest<A>): ReturnType<KernelRule<A>['layouts']> | undefined;
  /** The kernel, if operands lie as `layouts` of this rule wanted them. */
  kernel(request: Request<A>): Kernel | undefined;
}

/** The first of the special rules that is for a request, or else `rule`. */
export function withSpecial<A extends object>(
  rule: KernelRule<A>,
  ...special: readonly SpecialRule<A>[]
): KernelRule<A> {
  const specialKernel = (request: Request<A>) => firstOf(special, (each) => each.kernel(request));
  return {
    ...rule,
    layouts: (request) => firstOf(special, (each) => each.layouts(request)) ?? rule.layouts(request),
    kernel: (request) => specialKernel(request) ?? rule.kernel(request),
    variants: (request) => (specialKernel(request) ? [] : (rule.variants?.(request) ?? [])),
  };
}

function firstOf<T, R>(list: readonly T[], make: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const made = make(item);
    if (made !== undefined) return made;
  }
  return undefined;
}
