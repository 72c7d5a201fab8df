// Downloads from a server on this machine that does what servers and networks do.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { NO_PROCESS } from '../../../test/processes.ts';
import { DataError } from '../../base/errors.ts';
import { download, type Progress } from './download.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251));
const file = {
  name: 'file.bin',
  bytes: content.length,
  md5: createHash('md5').update(content).digest('hex'),
};

let folder: string;
let path: string;
let server: Server;
let mirror: string;
/** Set by each test; what every request asked for, with its range. */
let answer: RequestListener;
let requests: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-download-'));
  path = join(folder, file.name);
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? ''}`.trim());
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const left = async () => (await readdir(folder)).sort();
const isRight = async () => (await readFile(path)).equals(content);

/** Sends `end - start` bytes as the answer to a request for the rest from `start` on, then cuts the connection. */
function sendCut(response: ServerResponse, start: number, end: number): void {
  if (start > 0) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
  }
  response.setHeader('content-length', content.length - start);
  response.write(content.subarray(start, end), () => {
    if (end < content.length) setTimeout(() => response.destroy(), 20);
    else response.end();
  });
}

const startOf = (range: string | undefined) => Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);

test('a file is fetched once, with progress', async () => {
  answer = (_, response) => response.end(content);
  const progress: Progress[] = [];
  await download(file, path, { mirrors: [mirror], onProgress: (step) => progress.push(step) });
  expect(await isRight()).toBe(true);
  expect(progress.at(-1)).toEqual({ file: 'file.bin', done: content.length, total: content.length });
  await download(file, path, { mirrors: [mirror] });
  expect(requests).toEqual(['/file.bin']);
  expect(await left()).toEqual(['file.bin']);
});

test('a cut connection is resumed where it broke off', async () => {
  answer = ({ headers }, response) => {
    const start = startOf(headers.range);
    sendCut(response, start, Math.min(content.length, start + 80_000));
  };
  await download(file, path, { mirrors: [mirror] });
  expect(await isRight()).toBe(true);
  expect(requests).toEqual(['/file.bin', '/file.bin bytes=80000-', '/file.bin bytes=160000-']);
});

test('a download of an earlier process is resumed', async () => {
  await writeFile(`${path}.part`, content.subarray(0, 150_000));
  answer = ({ headers }, response) => sendCut(response, startOf(headers.range), content.length);
  await download(file, path, { mirrors: [mirror] });
  expect(await isRight()).toBe(true);
  expect(requests).toEqual(['/file.bin bytes=150000-']);
});

test('a server that knows no ranges sends the file from its start', async () => {
  await writeFile(`${path}.part`, content.subarray(0, 150_000));
  answer = (_, response) => response.end(content);
  await download(file, path, { mirrors: [mirror] });
  expect(await isRight()).toBe(true);
  expect(await left()).toEqual(['file.bin']);
});

test('what an earlier process has fetched of another file is fetched again', async () => {
  await writeFile(`${path}.part`, Buffer.alloc(1000));
  answer = ({ headers }, response) => sendCut(response, startOf(headers.range), content.length);
  await download(file, path, { mirrors: [mirror] });
  expect(await isRight()).toBe(true);
  expect(requests).toEqual(['/file.bin bytes=1000-', '/file.bin']);
});

test('after 404 the next mirror is asked', async () => {
  answer = (request, response) => {
    if (!request.url!.startsWith('/gone/')) return response.end(content);
    response.statusCode = 404;
    return response.end('no');
  };
  await download(file, path, { mirrors: [`${mirror}gone/`, mirror] });
  expect(await isRight()).toBe(true);
  expect(requests).toEqual(['/gone/file.bin', '/file.bin']);
});

test('a file with a wrong MD5 is kept aside, and the next mirror asked', async () => {
  answer = (request, response) =>
    response.end(request.url!.startsWith('/bad/') ? Buffer.alloc(content.length) : content);
  await download(file, path, { mirrors: [`${mirror}bad/`, mirror] });
  expect(await isRight()).toBe(true);
  expect(await left()).toEqual(['file.bin', 'file.bin.wrong-md5']);
});

test('if no mirror gives the file, every one is named with its reason, and what to do', async () => {
  answer = (request, response) => {
    if (request.url!.startsWith('/bad/')) return response.end(Buffer.alloc(content.length));
    if (request.url!.startsWith('/portal/')) return response.end('<html>log in first</html>');
    response.statusCode = 503;
    return response.end();
  };
  const mirrors = [mirror, `${mirror}bad/`, `${mirror}portal/`, 'http://127.0.0.1:1/'];
  const refused = await download(file, path, { mirrors }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DataError);
  const { message } = refused as Error;
  expect(message).toContain('cannot download file.bin. Tried:');
  expect(message).toContain(`${mirror}file.bin: answered 503 Service Unavailable`);
  expect(message).toMatch(
    /bad\/file.bin: MD5 is [0-9a-f]{32}, expected [0-9a-f]{32}; kept as file.bin.wrong-md5/,
  );
  expect(message).toContain(`portal/file.bin: offers 25 bytes, expected ${content.length}`);
  expect(message).toMatch(/127.0.0.1:1\/file.bin: fetch failed \(.+\)/);
  expect(message).toContain(`(MD5 ${file.md5}) by other means and put it into ${folder}, or into the folder`);
});

test('a mirror that stalls is given up, and what it sent is kept for the next', async () => {
  answer = (request, response) => {
    if (request.url!.startsWith('/slow/')) response.write(content.subarray(0, 1000));
    else sendCut(response, startOf(request.headers.range), content.length);
  };
  await download(file, path, { mirrors: [`${mirror}slow/`, mirror], stallMilliseconds: 100 });
  expect(await isRight()).toBe(true);
  expect(requests).toEqual(['/slow/file.bin', '/file.bin bytes=1000-']);
});

test('a mirror that only stalls says so', async () => {
  answer = () => {};
  await expect(download(file, path, { mirrors: [mirror], stallMilliseconds: 50 })).rejects.toThrow(
    'no data for 0.05 s',
  );
});

test('a mirror that sends too much, without saying how much, leaves nothing behind', async () => {
  answer = (_, response) => {
    response.write(content);
    response.end('x');
  };
  await expect(download(file, path, { mirrors: [mirror] })).rejects.toThrow(
    `sends more than the ${content.length} bytes`,
  );
  expect(await left()).toEqual([]);
});

test('a file that is larger than the disk has room for is not begun', async () => {
  const refused = download({ ...file, bytes: 2 ** 52 }, path, { mirrors: [mirror] });
  await expect(refused).rejects.toThrow(
    /there is no space for file.bin in .+ bytes are free, \d+ are needed\); free some/,
  );
  expect(requests).toEqual([]);
});

testIf(existsSync('/dev/full'), 'no /dev/full')(
  'a disk that fills up ends the download at once, with what to do',
  async () => {
    await symlink('/dev/full', `${path}.part`);
    answer = (_, response) => response.end(content);
    const refused = download(file, path, { mirrors: [mirror, mirror] });
    await expect(refused).rejects.toThrow('(the disk is full); free some, or set FOVEA_CACHE');
    expect(requests).toEqual(['/file.bin']);
  },
);

test('of two processes one downloads, and the other waits for it', async () => {
  answer = (_, response) => {
    setTimeout(() => response.end(content), 200);
  };
  const progress: Progress[] = [];
  const first = download(file, path, { mirrors: [mirror] });
  await sleep(50);
  const second = download(file, path, { mirrors: [mirror], onProgress: (step) => progress.push(step) });
  await Promise.all([first, second]);
  expect(requests).toEqual(['/file.bin']);
  expect(progress.length).toBeGreaterThan(0);
  expect(await isRight()).toBe(true);
  expect(await left()).toEqual(['file.bin']);
});

test.each([
  ['whose process has ended', () => `${NO_PROCESS} ${hostname()}`, new Date()],
  ['of another machine that has been silent', () => '1 elsewhere', new Date(Date.now() - 120_000)],
])('a lock %s is taken over', async (_, owner, date) => {
  await writeFile(`${path}.lock`, owner());
  await utimes(`${path}.lock`, date, date);
  answer = (_, response) => response.end(content);
  await download(file, path, { mirrors: [mirror] });
  expect(await left()).toEqual(['file.bin']);
});

test('a folder that cannot be made says what to set', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(download(file, join(folder, 'file', 'x', 'y'), { mirrors: [] })).rejects.toThrow(
    'cannot make the folder',
  );
});
