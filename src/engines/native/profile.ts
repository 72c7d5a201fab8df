// Programs with clocks between their kernels.
import type { KernelTime, ProfiledExecutable } from '../instruments.ts';
import type { Call } from './compiler/plan/step.ts';
import { NativeExecutable } from './executable.ts';

const FLOAT_BYTES = 4;
const NANOSECONDS = 1e6;

/** Needs a program that was compiled with clocks. */
export class ProfiledNativeExecutable extends NativeExecutable implements ProfiledExecutable {
  profile(): KernelTime[] {
    const times = this.loaded.profile();
    return this.plan.calls.map((call, i) => {
      const { total, waiting } = times[i];
      return {
        name: call.name,
        origin: call.origin,
        kind: call.kind,
        milliseconds: total / NANOSECONDS,
        waitingMilliseconds: waiting / NANOSECONDS,
        flops: call.kernel.flops ?? 0,
        bytes: bytesOf(call),
      };
    });
  }

  clearProfile(): void {
    this.loaded.clearProfile();
  }
}

/** Bytes of what a call reads and of what it writes; its scratch memory is meant to stay in the cache. */
function bytesOf({ kernel, regions }: Call): number {
  const operands = kernel.workspace ? regions.slice(0, -1) : regions;
  return operands.reduce((sum, { size }) => sum + size * FLOAT_BYTES, 0);
}
