// Reports in a real browser: Chromium, where CHROMIUM names it or it is in a usual place.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referenceEngine as engine } from '../src/engines/reference/index.ts';
import { writeReport } from '../src/report/index.ts';
import { train } from '../src/train/index.ts';
import { describeIf } from './conditions.ts';
import { tinyData, tinyModel } from './tiny.ts';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = [process.env.CHROMIUM ?? '', ...places].find(
  (path) => path !== '' && existsSync(path),
);
describeIf(executablePath, 'no Chromium; install it, or name it in CHROMIUM')('in Chromium', () => {
  let folder: string;
  let report: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-browser-'));
    const data = tinyData({ classes: 2 });
    const out = join(folder, 'run');
    const { checkpoint } = await train(tinyModel({ classes: 1 }), data, {
      engine,
      epochs: 3,
      batchSize: 8,
      out,
    });
    report = pathToFileURL(await writeReport(out, { data, checkpoint, engine, inspect: true })).href;
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the report; gives the page, and what it complains of and asks the network for. */
  async function open(
    width: number,
    colorScheme: 'light' | 'dark',
  ): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const faults: string[] = [];
    page.on('console', (message) => faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== report && !request.url().startsWith('data:')) faults.push(request.url());
    });
    await page.goto(report);
    return { page, faults };
  }

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [360, 'light'],
  ] as const)('all plots are shown, %i pixels wide, %s', async (width, scheme) => {
    const { page, faults } = await open(width, scheme);
    expect(await page.locator('figure svg.plot').count()).toBe(7);
    for (const plot of await page.locator('figure svg.plot').all()) {
      const box = await plot.boundingBox();
      expect(box!.width).toBeGreaterThan(250);
      expect(box!.x + box!.width).toBeLessThanOrEqual(width);
    }
    const images = await page
      .locator('img')
      .evaluateAll((all) => all.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));
    expect(images.length).toBeGreaterThan(4);
    expect(images.every((pixels) => pixels > 0)).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('text stands out from its background in light and in the dark, and is dark on paper', async () => {
    for (const [scheme, background] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(20, 23, 28)'],
    ] as const) {
      const { page } = await open(800, scheme);
      const colorOf = (what: string) => page.evaluate(`getComputedStyle(document.body).${what}`);
      expect(await colorOf('backgroundColor')).toBe(background);
      await page.emulateMedia({ media: 'print' });
      expect(await colorOf('backgroundColor')).toBe('rgb(255, 255, 255)');
      expect(await colorOf('color')).toBe('rgb(27, 31, 36)');
      await page.close();
    }
  });
});
