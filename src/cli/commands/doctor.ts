// fovea doctor: what runs on this machine, and how to get what is missing.
import type { Command } from 'commander';
import { formatBytes, formatCount, visible } from '../../base/text.ts';
import { type Diagnosis, diagnose, type EngineCheck } from '../diagnosis.ts';
import { addOptions, jsonOption } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { formatTable } from '../table.ts';

export function configure(command: Command): void {
  addOptions(command, jsonOption)
    .addHelpText('after', '\nExample:\n  $ fovea doctor')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const diagnosis = await diagnose();
      openOutput(json).result(diagnosis, () => formatDiagnosis(diagnosis));
    });
}

function formatDiagnosis(diagnosis: Diagnosis): string {
  const { engines, machine, packages, folders, compiler } = diagnosis;
  const rows = [
    ['fovea', packages.fovea],
    ['node', `${packages.node} on ${machine.platform}`],
    ['processor', machine.cpu],
    ['cores', `${machine.cores}, ${machine.threads} used (change with --threads)`],
    ['SIMD', machine.simd.join(' ') || 'unknown'],
    ['memory', `${formatBytes(machine.memoryBytes)}, ${formatBytes(machine.freeMemoryBytes)} free`],
    ...speedRows(machine),
    ...compilerRows(compiler),
    ['ONNX Runtime', describeRuntime(diagnosis)],
    ['sharp', packages.sharp ?? 'cannot be loaded; install it with: npm install sharp'],
    ['cache folder', describeCache(folders)],
    ['data folder', folders.data ?? 'none; set FOVEA_DATA to a folder with data sets'],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const facts = rows.map(([label, fact]) => `${label.padEnd(width)}  ${fact}`);
  return [formatEngines(engines), '', heading('machine'), ...facts].join('\n');
}

function describeRuntime({ packages, onnxruntime }: Diagnosis): string {
  if (!onnxruntime) return 'cannot be loaded; see the onnx engine above';
  return [`${packages.onnxruntime}, ${onnxruntime.build}`, onnxruntime.advice].filter(Boolean).join('. ');
}

function speedRows({ peak }: Diagnosis['machine']): string[][] {
  if (!peak) return [];
  return [
    ['arithmetic', `${peak.gflops.toFixed(0)} GFLOP/s peak, measured`],
    ['bandwidth', `${peak.gigabytesPerSecond.toFixed(0)} GB/s of memory, measured`],
  ];
}

function compilerRows(compiler: Diagnosis['compiler']): string[][] {
  if (!compiler) return [['C compiler', 'none that works; see the native engine above']];
  const { path, command, version, flags, vector, lanes, tunedKernels } = compiler;
  return [
    ['C compiler', `${path ?? command}: ${version}`],
    ['compiles for', `${vector}, ${lanes} floats in a register (${flags.join(' ') || 'no flags'})`],
    [
      'tuned kernels',
      tunedKernels > 0 ? String(tunedKernels) : 'none; search for faster kernels with `fovea bench --tune`',
    ],
  ];
}

function describeCache({ cache, cached, cacheFiles, cacheBytes }: Diagnosis['folders']): string {
  const content =
    cacheFiles > 0
      ? `${cached.join(', ')}: ${formatCount(cacheFiles, 'file')}, ${formatBytes(cacheBytes)}`
      : 'empty';
  return `${cache} (${content}); change with FOVEA_CACHE`;
}

function formatEngines(engines: readonly EngineCheck[]): string {
  const rows = engines.map((check) => [
    check.name,
    check.runs ? `runs${check.engine === check.name ? '' : ` (${check.engine})`}` : 'does not run',
  ]);
  const errors = engines.flatMap(({ name, error }) => (error ? [`${name}: ${visible(error)}`] : []));
  return [formatTable([{ title: 'engine' }, { title: 'here' }], rows), ...errors].join('\n');
}
