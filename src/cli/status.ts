// Exit statuses of the commands.

/** Those above 128 are the shell's for a signal: 128 and its number. */
export const status = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  hungUp: 129,
  interrupted: 130,
  outputClosed: 141,
  terminated: 143,
} as const;
