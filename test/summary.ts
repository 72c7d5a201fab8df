// The summary after the tests: skipped tests with reasons, the slowest files, and counts.
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import './conditions.ts';

const SLOWEST = 10;

export default class Summary implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map((state) =>
      tests.filter((test) => test.result().state === state),
    ) as [TestCase[], TestCase[], TestCase[]];
    // A file that cannot be loaded and an error outside of tests have no failed test of their own.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const filtered = this.vitest!.config.testNamePattern !== undefined;
    this.print('Skipped tests', filtered ? [] : skippedLines(skipped));
    this.print('Slowest files', slowestLines(modules));
    this.print(`${passed.length} passed, ${failed.length + broken} failed, ${skipped.length} skipped`);
  }

  private print(title: string, lines?: readonly string[]): void {
    if (lines?.length !== 0) this.vitest!.logger.log(lines ? `${title}:\n  ${lines.join('\n  ')}\n` : title);
  }
}

/** A line for each reason and file. */
function skippedLines(tests: readonly TestCase[]): string[] {
  const counts = new Map<string, number>();
  for (const test of tests) {
    const line = `${pathOf(test.module)}: ${reasonOf(test)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${String(count).padStart(5)}  ${line}`).sort();
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return test.meta().skipReason ?? note ?? 'no reason given; skip tests with testIf or describeIf';
}

function slowestLines(modules: readonly TestModule[]): string[] {
  return modules
    .map((module) => ({ path: pathOf(module), seconds: secondsOf(module) }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST)
    .map(({ path, seconds }) => `${seconds.toFixed(1).padStart(5)} s  ${path}`);
}

/** From the start of the import to the end of the last test. */
function secondsOf(module: TestModule): number {
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return (collectDuration + setupDuration + duration) / 1000;
}

const pathOf = ({ moduleId }: TestModule) => relative(process.cwd(), moduleId);
