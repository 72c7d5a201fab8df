// Optional packages, loaded on first use.

/** The message for a package that could not be loaded: what needs it, why loading failed, how to install it. */
export function describeMissingPackage(
  name: string,
  user: string,
  cause: unknown,
  install = `npm install ${name}`,
): string {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
  return `${user} needs the package ${name}, which could not be loaded (${reason}); install it with: ${install}`;
}
