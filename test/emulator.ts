// Runs the native engine's programs on a processor of another kind: compiled for it, and run by an emulator as processes
// of their own, with the real runtime's threads. Memory stays in this process and is handed over for each run.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import koffi from 'koffi';
import {
  type Address,
  type Bindings,
  type Job,
  loadBindings,
} from '../src/engines/native/runtime/bindings.ts';
import { RUNTIME_SOURCE } from '../src/engines/native/runtime/runtime.c.ts';
import { Runtime } from '../src/engines/native/runtime/runtime.ts';
import { findToolchain, type ToolchainOptions } from '../src/engines/native/toolchain/toolchain.ts';

const run = promisify(execFile);

export interface Emulated extends ToolchainOptions {
  /** The emulator with its arguments; the program's come after them. */
  readonly emulator: readonly string[];
}

/** 64-bit Arm on Linux, by the packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user of Debian. */
export const emulatedArm: Emulated = {
  command: 'aarch64-linux-gnu-gcc',
  flags: ['-march=armv8-a'],
  emulator: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
};

/**
 * A runtime whose programs are emulated.
 * @throws if the compiler or the emulator is not there, or does not work
 */
export async function openEmulatedRuntime(emulated: Emulated, threads: number): Promise<Runtime> {
  const toolchain = await findToolchain(emulated);
  const folder = mkdtempSync(join(tmpdir(), 'fovea-emulator-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const host = await loadBindings(await findToolchain());
  const driver = await buildDriver(toolchain.command, folder);
  return new Runtime(toolchain, threads, emulatedBindings(host, [...emulated.emulator, driver], folder));
}

/** PROGRAM THREADS FILE: runs a step once on the buffers in the file, which it writes back. */
const DRIVER = `
static void require(int works, const char *what) {
  if (works) return;
  fprintf(stderr, "%s: %s\\n", what, error_text);
  exit(1);
}

int main(int count, char **arguments) {
  require(count == 4, "three arguments");
  FILE *file = fopen(arguments[3], "r+b");
  double buffers = 0;
  require(file && fread(&buffers, sizeof buffers, 1, file) == 1, "number of buffers");
  double sizes[(int)buffers];
  float *table[(int)buffers];
  require(fread(sizes, sizeof buffers, buffers, file) == buffers, "sizes");
  long start = ftell(file);
  for (int i = 0; i < buffers; i++) {
    table[i] = fovea_allocate(sizes[i]);
    require(table[i] && fread(table[i], 1, sizes[i], file) == sizes[i], "buffer");
  }
  void *library = fovea_load(arguments[1]);
  require(library != NULL, "program");
  struct thread_pool *pool = fovea_pool_open(atoi(arguments[2]), 2, 1 << 20);
  require(pool != NULL, "threads");
  fovea_run(pool, fovea_step_of(library), table, NULL, 0);
  fseek(file, start, SEEK_SET);
  for (int i = 0; i < buffers; i++) fwrite(table[i], 1, sizes[i], file);
  require(!fclose(file), "results");
  fovea_pool_close(pool);
  fovea_unload(library);
  return 0;
}
`;

async function buildDriver(compiler: string, folder: string): Promise<string> {
  const [source, driver] = [join(folder, 'driver.c'), join(folder, 'driver')];
  writeFileSync(source, RUNTIME_SOURCE.source + DRIVER);
  await run(compiler, ['-std=gnu11', '-O2', '-o', driver, source, '-pthread', '-ldl']);
  return driver;
}

/** C's memcpy, between this process's memory and JavaScript's. */
const copy = koffi.load(null as never).func('void *memcpy(void *, const void *, size_t)');

/** Memory is this process's; a program is known by its number, and a pool by its size. */
function emulatedBindings(host: Bindings, command: readonly string[], folder: string): Bindings {
  const sizes = new Map<Address, number>();
  const programs: string[] = [];
  let runs = 0;

  const contentOf = (address: Address) => {
    const content = new Uint8Array(sizes.get(address)!);
    copy(content, address, content.length);
    return content;
  };

  const runStep = async (...[pool, program, table]: Job): Promise<void> => {
    const addresses = [...new BigUint64Array(contentOf(table).buffer)];
    const file = join(folder, `run${runs++}`);
    const lengths = addresses.map((address) => sizes.get(address)!);
    const header = new Uint8Array(Float64Array.of(addresses.length, ...lengths).buffer);
    await writeFile(file, Buffer.concat([header, ...addresses.map(contentOf)]));
    const [emulator, ...args] = command;
    await run(emulator, [...args, programs[Number(program) - 1], String(pool), file]);
    const results = await readFile(file);
    await rm(file);
    let place = header.length;
    addresses.forEach((address, i) => {
      copy(address, results.subarray(place, place + lengths[i]), lengths[i]);
      place += lengths[i];
    });
  };

  return {
    ...host,
    allocate(bytes) {
      const address = host.allocate(bytes);
      if (address !== null) sizes.set(address, bytes);
      return address;
    },
    openPool: (threads) => BigInt(threads),
    closePool() {},
    load: (path) => BigInt(programs.push(path)),
    stepOf: (program) => program,
    unload() {},
    run: runStep,
    runSync() {
      throw new Error('emulated programs run in processes of their own, which have to be awaited.');
    },
  };
}
