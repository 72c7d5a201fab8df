// Tests with requirements: if one is missing, the test is skipped with a reason.
import { describe, type TestContext, test } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is skipped. */
    skipReason?: string;
  }
}

type Skippable<Api extends typeof test | typeof describe> = Pick<ReturnType<Api['skipIf']>, 'each'> &
  ((title: string, body: Body<Api extends typeof test ? [TestContext] : []>, timeout?: number) => void);
type Body<Given extends readonly unknown[]> = (...given: Given) => void | Promise<void>;

/** `test` if the condition is met, or else a test that is skipped with this reason. */
export function testIf(condition: unknown, reason: string): Skippable<typeof test> {
  return condition ? test : skipped(test, reason);
}

/** `describe` if the condition is met, or else one that is skipped with this reason. */
export function describeIf(condition: unknown, reason: string): Skippable<typeof describe> {
  return condition ? describe : skipped(describe, reason);
}

type Declare = (title: string, options: object, body: () => unknown) => void;

function skipped<Api extends typeof test | typeof describe>(api: Api, reason: string): Skippable<Api> {
  const options = { skip: true, meta: { skipReason: reason } };
  const declared =
    (declare: Declare) =>
    (title: string, ...rest: readonly unknown[]): void =>
      declare(title, options, rest.find((part) => typeof part === 'function') as () => unknown);
  const each = (...cases: Parameters<Api['each']>) =>
    declared((api.each as (...all: typeof cases) => Declare)(...cases));
  return Object.assign(declared(api as Declare), { each }) as unknown as Skippable<Api>;
}
