// Checks for Python before a script or benchmark that compares with it begins.
import { spawnSync } from 'node:child_process';

/** Ends the process with a message unless this Python has these modules. */
export function requirePython(command, ...modules) {
  const imports = `import ${modules.join(', ')}`;
  const { status, error, stderr } = spawnSync(command, ['-c', imports], { encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  console.error(`error: ${command} cannot "${imports}" (${reason}); name another Python with --python.`);
  process.exit(2);
}
