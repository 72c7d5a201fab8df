// Names without a legitimate use in checkpoints: they run commands or code when Python loads the pickle.

const modules = new Set(
  'os posix nt subprocess pty runpy sys importlib ctypes shutil socket webbrowser'.split(' '),
);
const builtins = new Set('eval exec execfile compile open __import__ input breakpoint'.split(' '));

/** Whether a full name is one of those; such a file is refused as a whole. */
export function runsCode(name: string): boolean {
  const [module, ...rest] = name.split('.');
  if (module === 'builtins' || module === '__builtin__') return builtins.has(rest.join('.'));
  return modules.has(module);
}
