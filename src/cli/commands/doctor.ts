// fovea doctor: what runs on this machine, and how to get what is missing.
import { Command } from 'commander';
import { type Diagnosis, diagnose, type EngineCheck } from '../diagnosis.ts';
import { type JsonOptions, withJson } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { formatTable } from '../table.ts';

export function doctorCommand(): Command {
  return withJson(new Command('doctor').description('show what runs here, and how to get what is missing'))
    .addHelpText('after', '\nExample:\n  $ fovea doctor')
    .action(async ({ json }: JsonOptions) => {
      const diagnosis = await diagnose();
      openOutput(json).result(diagnosis, () => formatDiagnosis(diagnosis));
    });
}

function formatDiagnosis({ engines, machine, packages, folders, compiler }: Diagnosis): string {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const rows = [
    ['fovea', packages.fovea],
    ['node', `${packages.node} on ${machine.platform}`],
    ['processor', `${machine.cpu}, ${machine.threads} threads, ${machine.simd.join(' ') || 'SIMD unknown'}`],
    ['memory', `${gibibytes(machine.memoryBytes)}, ${gibibytes(machine.freeMemoryBytes)} free`],
    [
      'onnxruntime',
      packages.onnxruntime ?? 'cannot be loaded; install it with: npm install onnxruntime-node',
    ],
    ['sharp', packages.sharp ?? 'cannot be loaded; install it with: npm install sharp'],
    [
      'C compiler',
      compiler
        ? `${compiler.version}, for ${compiler.vector}`
        : 'none that works; see the native engine above',
    ],
    ['cache folder', `${folders.cache} (${folders.cached.join(', ') || 'empty'}); FOVEA_CACHE sets another`],
    ['data folder', folders.data ?? 'none; FOVEA_DATA names one with data sets you have'],
  ];
  const width = Math.max(...rows.map(([label]) => label!.length));
  const facts = rows.map(([label, fact]) => `${label!.padEnd(width)}  ${fact}`);
  return [formatEngines(engines), '', heading('machine'), ...facts].join('\n');
}

function formatEngines(engines: readonly EngineCheck[]): string {
  const rows = engines.map((check) => [
    check.name,
    check.runs ? `runs${check.engine === check.name ? '' : ` (is ${check.engine})`}` : 'does not run',
    check.error ?? '',
  ]);
  return formatTable([{ title: 'engine' }, { title: 'here' }, { title: '' }], rows);
}
