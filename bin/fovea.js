#!/usr/bin/env node
// Starts the command line. In a clone whose build is missing or older than its sources, it builds first.
import { ensureBuilt } from './build.js';

if (await ensureBuilt()) {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv.slice(2));
} else {
  process.exitCode = 1;
}
