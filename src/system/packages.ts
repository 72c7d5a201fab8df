// Packages that are loaded when they are needed, and may be missing.

/** What an error says about a package that could not be loaded: who needs it, why it failed, how to get it. */
export function describeMissingPackage(
  name: string,
  user: string,
  cause: unknown,
  install = `npm install ${name}`,
): string {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
  return `${user} needs the package ${name}, which could not be loaded (${reason}); install it with: ${install}`;
}
