// Compares random formulas on engines: npm run fuzz:expressions -- [first seed] [count] [differences|reference|onnx|native ...]
import { createServer } from 'vite';

const [first = 0, count = 1000] = process.argv.slice(2, 4).map(Number);
const names = process.argv.length > 4 ? process.argv.slice(4) : ['differences', 'onnx', 'native'];
const server = await createServer({
  configFile: false,
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { compareFormulas } = await server.ssrLoadModule('/test/expressions.fuzz.ts');
  process.exitCode = (await compareFormulas(first, count, names, console.log)) === 0 ? 0 : 1;
} finally {
  await server.close();
}
