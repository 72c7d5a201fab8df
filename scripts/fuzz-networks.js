// Compares random networks with their formulas: npm run fuzz:networks -- [first seed] [count] [onnx|native|exported|torch ...]
import { createServer } from 'vite';

const [first = 0, count = 1000] = process.argv.slice(2, 4).map(Number);
const names = process.argv.length > 4 ? process.argv.slice(4) : ['onnx', 'exported', 'native'];
const server = await createServer({
  configFile: false,
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { compareNetworks } = await server.ssrLoadModule('/test/networks.fuzz.ts');
  process.exitCode = (await compareNetworks(first, count, names, console.log)) === 0 ? 0 : 1;
} finally {
  await server.close();
}
