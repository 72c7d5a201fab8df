// Prints the random networks of the tests as JSON: what scripts/witness/networks.py computes from.
import { runnerImport } from 'vite';

const SEEDS = 300;
const { module } = await runnerImport(new URL('../../test/networks.run.ts', import.meta.url).pathname, {
  configFile: false,
});
const networks = await module.steadyNetworks(0, SEEDS);
process.stdout.write(`${JSON.stringify(networks.map(({ spec }) => spec))}\n`);
