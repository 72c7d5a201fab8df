// Checks that Python and its packages are available, for scripts and benchmarks that compare with it.
import { spawnSync } from 'node:child_process';

/** Ends the process with a message unless this Python has these modules. */
export function requirePython(command, ...modules) {
  const imports = `import ${modules.join(', ')}`;
  const { status, error, stderr } = spawnSync(command, ['-c', imports], { encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  console.error(`error: ${command} cannot "${imports}" (${reason}); select another Python with --python.`);
  process.exit(2);
}
