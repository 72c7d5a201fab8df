// Finds the machine's C compiler and what the code it makes may use.
import { arch, cpus, platform } from 'node:os';
import { resolve } from 'node:path';
import { EngineError } from '../../../base/errors.ts';
import { type Outcome, runCommand } from './processes.ts';

/** The vector unit that a compiler's flags allow. */
export interface Vector {
  readonly name: 'AVX-512' | 'AVX2' | 'NEON' | 'SSE2/generic';
  /** Floats in one register. */
  readonly lanes: 16 | 8 | 4;
  /** Registers that a kernel can keep values in. */
  readonly registers: 32 | 16;
}

/** A compiler with its settings. Two toolchains whose fields are equal make the same code. */
export interface Toolchain {
  readonly command: string;
  /** First line of what the compiler says about itself. */
  readonly version: string;
  /** Model name of the processor, which `-march=native` stands for. */
  readonly cpu: string;
  /** Flags that choose the target. */
  readonly flags: readonly string[];
  readonly vector: Vector;
}

export interface ToolchainOptions {
  /** The compiler. Defaults to `FOVEA_CC`, or the first of cc, clang and gcc. */
  readonly command?: string | undefined;
  /** Timeout for one answer of the compiler, in milliseconds (default: 20 s). */
  readonly timeout?: number;
  /** Target flags in place of the machine's own, for example `['-mavx2', '-mfma']`. Defaults to `FOVEA_CFLAGS`. */
  readonly flags?: readonly string[] | undefined;
}

/** A compiler answers in some 20 ms; one on a slow network drive may take seconds. */
const ANSWER_TIMEOUT = 20e3;

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_COMMANDS = ['cc', 'clang', 'gcc'];

const INSTALL_HINT =
  'install one (Debian and Ubuntu: apt install gcc; Fedora: dnf install gcc; Alpine: apk add gcc musl-dev; macOS: ' +
  'xcode-select --install), or set FOVEA_CC to its path.';

/** Toolchains found before, so that a process asks its compiler once. */
const found = new Map<string, Promise<Toolchain>>();

/**
 * The C compiler to use here and its target.
 * @throws EngineError if there is none, or it refuses the flags
 */
export function findToolchain(
  options: ToolchainOptions = {},
  env: Environment = process.env,
): Promise<Toolchain> {
  const given = options.command ?? (env.FOVEA_CC || undefined);
  // Compilers run in a folder of their own, where a relative path would lead elsewhere.
  const command = given?.includes('/') ? resolve(given) : given;
  const flags = options.flags ?? splitFlags(env.FOVEA_CFLAGS);
  const { timeout = ANSWER_TIMEOUT } = options;
  const key = JSON.stringify([command, flags, env.PATH, timeout]);
  const known = found.get(key);
  if (known) return known;
  const toolchain = askForToolchain(command, flags, timeout);
  found.set(key, toolchain);
  toolchain.catch((error) => error instanceof TimeoutError || found.delete(key)); // A timeout is remembered, so that nobody waits for it twice.
  return toolchain;
}

function splitFlags(text: string | undefined): readonly string[] | undefined {
  const flags = text?.split(/\s+/).filter((flag) => flag !== '');
  return flags && flags.length > 0 ? flags : undefined;
}

async function askForToolchain(
  command: string | undefined,
  flags: readonly string[] | undefined,
  timeout: number,
): Promise<Toolchain> {
  if (platform() === 'win32') {
    throw new EngineError(
      'the native engine runs on Linux and macOS, but this is Windows; use the onnx engine, or the Windows Subsystem ' +
        'for Linux.',
    );
  }
  const candidates = command === undefined ? USUAL_COMMANDS : [command];
  const complaints: string[] = [];
  let timedOut: boolean | undefined = false;
  for (const candidate of candidates) {
    // Asked at once, because a compiler takes some twenty milliseconds to answer.
    const [outcome, target] = await Promise.all([
      runCommand(candidate, ['--version'], { timeout }),
      findTarget(candidate, flags, timeout),
    ]);
    const version = outcome.output.split('\n')[0].trim();
    const hangs = outcome.timedOut || ('timedOut' in target && target.timedOut);
    if (outcome.ok && version !== '' && !hangs) {
      if ('refusal' in target) throw refused(candidate, target);
      return { command: candidate, version, cpu: cpus()[0]?.model.trim() || arch(), ...target };
    }
    complaints.push(`${candidate} (${hangs ? `no answer within ${timeout / 1000} s` : reasonOf(outcome)})`);
    timedOut ||= hangs;
  }
  const asked = command === undefined ? 'no C compiler found' : `the C compiler "${command}" does not run`;
  throw new (timedOut ? TimeoutError : EngineError)(
    `${asked}, which the native engine needs. Looked for: ${complaints.join(', ')}. To fix it, ${INSTALL_HINT}`,
  );
}

function reasonOf({ complaint, ending }: Outcome): string {
  return complaint.trim().split('\n')[0] || ending;
}

/** A compiler that does not answer. */
class TimeoutError extends EngineError {}

type Target = Pick<Toolchain, 'flags' | 'vector'>;

/** Flags that a compiler does not accept, and what it says. */
interface Refusal {
  readonly flags: readonly string[];
  readonly refusal: string;
  /** Whether it timed out. */
  readonly timedOut?: boolean;
}

/** The first set of flags that the compiler accepts; flags that the user gave are the only candidates. */
async function findTarget(
  command: string,
  given: readonly string[] | undefined,
  timeout: number,
): Promise<Target | Refusal> {
  const candidates = given ? [given] : [nativeFlags(), []];
  let refusal = '';
  for (const flags of candidates) {
    const outcome = await runCommand(command, [...flags, '-dM', '-E', '-x', 'c', '/dev/null'], { timeout });
    if (outcome.timedOut) return { flags, refusal: outcome.ending, timedOut: true };
    if (outcome.ok) return targetFrom(flags, outcome.output);
    refusal ||= outcome.complaint.trim();
  }
  return { flags: candidates[0], refusal };
}

function refused(command: string, { flags, refusal }: Refusal): EngineError {
  return new EngineError(
    `the C compiler "${command}" refuses the flags "${flags.join(' ')}": ${refusal}\n` +
      'Correct FOVEA_CFLAGS or the flags given, or choose another compiler with FOVEA_CC.',
  );
}

function nativeFlags(): readonly string[] {
  return arch() === 'arm64' ? ['-mcpu=native'] : ['-march=native'];
}

function targetFrom(flags: readonly string[], macros: string): Target {
  const vector = vectorOf(macros);
  // Without it, compilers turn plain loops into 256-bit code on most processors that have AVX-512.
  return { vector, flags: vector.name === 'AVX-512' ? [...flags, '-mprefer-vector-width=512'] : flags };
}

/** The vector unit from the compiler's predefined macros. */
export function vectorOf(macros: string): Vector {
  const defined = (name: string) => new RegExp(`^#define ${name}\\b`, 'm').test(macros);
  if (defined('__AVX512F__')) return { name: 'AVX-512', lanes: 16, registers: 32 };
  if (defined('__AVX2__') && defined('__FMA__')) return { name: 'AVX2', lanes: 8, registers: 16 };
  if (defined('__ARM_NEON') && defined('__aarch64__')) return { name: 'NEON', lanes: 4, registers: 32 };
  return { name: 'SSE2/generic', lanes: 4, registers: 16 };
}
