// Makes the images of README.md and docs/ from the demo: npm run docs:images (needs Chromium; CHROMIUM names it).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digits, writePng } from 'fovea';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'fovea-images-'));
try {
  fovea('demo');
  await captureReport();
  await drawGradCam();
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs a command in the temporary folder. */
function fovea(...args) {
  const command = [join(root, 'bin/fovea.js'), ...args];
  const { status } = spawnSync(process.execPath, command, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`fovea ${args.join(' ')} ended with ${status}`);
}

/** report.png: the top of the demo's report. */
async function captureReport() {
  const places = ['/usr/bin/chromium', '/usr/bin/google-chrome'];
  const executablePath = process.env.CHROMIUM ?? places.find(existsSync);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1100, height: 716 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(join(folder, 'runs/demo/report.html')).href);
  const screenshot = await page.screenshot();
  await browser.close();
  await writeImage(screenshot, 'report.png');
}

/** grad-cam.png: a test image of the drawn digits, and what speaks for its class. */
async function drawGradCam() {
  const { image } = await digits().splits.test.get(0);
  await writePng(image, join(folder, 'zero.png'));
  fovea('inspect', 'runs/demo', 'zero.png', '--layer', 'conv2', '--out', 'explained');
  await writeImage(join(folder, 'explained/grad-cam-conv2-0.png'), 'grad-cam.png');
}

/** Writes a PNG with a palette of at most 128 colors into docs/images/. */
async function writeImage(image, name) {
  const file = join(root, 'docs/images', name);
  const { size } = await sharp(image).png({ palette: true, colors: 128, effort: 10 }).toFile(file);
  console.log(`docs/images/${name}: ${size} bytes`);
}
