/**
 * `baseline serve` at its door: who is let in, who is not, and what may be written: the spec, and only while it still says
 * what the page shows. The page itself is looked at in test/tools/serve-browser.test.ts.
 */
import { chmodSync, copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/commands/spec-file.ts';
import { loadSpec } from '../../src/policy/spec/load.ts';
import { importSample, makeFolder, SAMPLE_SPEC } from '../render/report/report-stage.ts';
import { HANG_MS } from '../hang.ts';
import { runProcess } from './command-line.ts';
import { requestOf, startServe, type Replied, type Served } from './serve-stage.ts';

let folder = '';
let db = '';
let spec = '';
let served: Served;

beforeAll(async () => {
  folder = makeFolder();
  db = join(folder, 'plant.db');
  spec = join(folder, 'plant.yaml');
  copyFileSync(SAMPLE_SPEC, spec);
  chmodSync(spec, 0o604);
  await importSample(db);
  served = await startServe([spec, '--db', db]);
});

afterAll(async () => {
  const { code, err } = await served.stop();
  expect(err).toMatch(/11 zones, 32 assets, 8 findings\. Edits are written into .*plant\.yaml, nothing else/);
  expect(code).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

const entered = (): Record<string, string> => ({ cookie: `other=1; baseline=${served.token}` });
const own = (): string => `http://127.0.0.1:${served.port}`;
const get = (name: string, headers: Record<string, string> = entered()): Promise<Replied> => requestOf(served.port, served.folder + name, { headers });
const post = (name: string, body: unknown, headers: Record<string, string> = {}): Promise<Replied> =>
  requestOf(served.port, served.folder + name, { method: 'POST', headers: { ...entered(), origin: own(), 'x-baseline': 'edit', 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
const text = (): string => readFileSync(spec, 'utf8');
const edit = (wanted: unknown, base = digestOf(text())): Promise<Replied> => post('edit', { base, edit: wanted });
const answerOf = ({ text: body }: Replied): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

describe('who is let in', () => {
  test('the token is changed for a cookie that no script reads, and leaves the address', async () => {
    const reply = await requestOf(served.port, `${served.folder}?token=${served.token}`);
    expect([reply.status, reply.headers['location']]).toEqual([303, served.folder]);
    expect(reply.headers['set-cookie']).toEqual([`baseline=${served.token}; Path=${served.folder}; HttpOnly; SameSite=Strict`]);
    expect(Buffer.from(served.token, 'base64url')).toHaveLength(32);
  });

  test('the page is kept nowhere, loads nothing, and may not be framed', async () => {
    const { status, headers, text: html } = await get('');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(html).toContain('id="live"');
  });

  test.each([
    ['no cookie', {}, ''], ['a wrong token', { cookie: 'baseline=AAAA' }, ''], ['a wrong token in the address', {}, '?token=AAAA'], ['an empty one', {}, '?token='],
    ['another name', { host: 'plant.example' }, ''], ['another port', { host: '127.0.0.1:1' }, ''], ['a name that is made to point here', { host: 'localhost.plant.example:80' }, ''],
    ['another page', { origin: 'http://plant.example' }, ''], ['a page without an origin', { origin: 'null' }, ''], ['a page of another port', { origin: 'http://127.0.0.1:1' }, ''],
  ])('%s is refused', async (_, headers: Record<string, string>, query) => {
    for (const name of ['', 'change']) {
      const cookie: Record<string, string> = 'host' in headers || 'origin' in headers ? entered() : {};
      const reply = await requestOf(served.port, served.folder + name + query, { headers: { ...cookie, ...headers } });
      expect(reply.status).toBe(403);
      expect(reply.text).not.toMatch(/PLC|zone/i);
      expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    }
  });

  test.each(['/', '/favicon.ico', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/change'])('%s: there is nothing', async (path) => {
    expect((await requestOf(served.port, path, { headers: entered() })).status).toBe(404);
  });

  test.each(['../plant.yaml', '..%2fplant.yaml', 'plant.yaml', 'plant.db', 'change/', 'edit'])('%s within the folder: neither', async (name) => {
    expect((await get(name)).status).toBe(404);
  });

  test.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is no way to ask', async (method) => {
    const reply = await requestOf(served.port, served.folder, { method, headers: entered() });
    expect(reply.status).toBe(405);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('only loopback listens', async () => {
    const reply = requestOf(served.port, served.folder, { headers: { host: `localhost:${served.port}`, ...entered() } });
    expect((await reply).status).toBe(200);
    const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').filter((line) => line.includes(`:${served.port.toString(16).toUpperCase().padStart(4, '0')} `) && line.includes(' 0A '));
    expect(listening.map((line) => line.trim().split(/\s+/)[1].split(':')[0])).toEqual(['0100007F']);
  });
});

describe('what an edit must be', () => {
  const pin = { kind: 'pin-asset', asset: 'PLC-B1', pinned: true };
  test.each([
    ['without the page\'s header', { 'x-baseline': '' }, 403], ['without an origin', { origin: '' }, 403], ['from another page', { origin: 'http://plant.example' }, 403],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415], ['as text', { 'content-type': 'text/plain' }, 415], ['without the cookie', { cookie: '' }, 403],
  ])('%s: refused', async (_, headers: Record<string, string>, status) => {
    const before = text();
    expect((await post('edit', { base: digestOf(before), edit: pin }, headers)).status).toBe(status);
    expect(text()).toBe(before);
  });

  test.each([
    ['no JSON', '{', 400], ['nothing', 'null', 404], ['too much', JSON.stringify({ edit: 'x'.repeat(70_000) }), 413],
  ])('%s', async (_, body, status) => {
    expect((await post('edit', body)).status).toBe(status);
  });

  test.each([
    [{ kind: 'write-file', path: '/tmp/x', text: 'x' }], [{ ...pin, more: 1 }], [{ ...pin, asset: 'nobody' }], [{ kind: 'rename-zone', zone: 'Z-FILTER', id: '../x', name: 'x' }],
    [{ kind: 'rename-zone', zone: 'Z-FILTER', id: 'Z-FILTER', name: 'a\u202eb' }], [{ kind: 'decide-finding', finding: '6bb72bc5a576', decision: 'approved', owner: '', reason: '' }],
    [{ kind: 'decide-finding', finding: '000000000000', decision: 'approved', owner: 'A', reason: '' }], [{ kind: 'decide-finding', finding: 'aca222d0cb72', decision: 'approved', owner: 'A', reason: '' }],
    ['x'], [null], [[]],
  ])('%j changes nothing and is told why', async (wanted) => {
    const before = text();
    const reply = await edit(wanted);
    expect(reply.status).toBe(422);
    expect(answerOf(reply)['problem']).toMatch(/\w/);
    expect(text()).toBe(before);
  });

  test('writes the spec, whole, with its mode, and nothing beside it; and takes it back', async () => {
    const before = text();
    const files = readdirSync(folder).toSorted();
    const moved = await edit({ kind: 'move-asset', asset: 'HMI-C', zone: 'Z-SUPERVISION' });
    expect(answerOf(moved)).toEqual({ done: 'HMI-C is in Z-SUPERVISION now, pinned; 2 rules moved with it, 1 rule copied for it', spec: digestOf(text()) });
    expect(loadSpec(spec).spec.zones.find(({ zone_id }) => zone_id === 'Z-SUPERVISION')?.assets).toHaveLength(2);
    expect(statSync(spec).mode & 0o777).toBe(0o604);
    const rejected = await edit({ kind: 'decide-finding', finding: '6bb72bc5a576', decision: 'rejected', owner: 'A. Keller', reason: 'nobody "writes": #1 </script>' });
    expect(rejected.status).toBe(200);
    const rule = loadSpec(spec).permits.find(({ permit }) => permit.decision === 'rejected')!.permit;
    expect([rule.owner, rule.purpose, rule.modbus?.functionCodes]).toEqual(['A. Keller', 'nobody "writes": #1 </script>', [16]]);
    expect(readdirSync(folder).toSorted()).toEqual(files);
    await expect.poll(async () => answerOf(await get('change'))['undo']).toMatch(/rejected/);
    for (const expected of [/^taken back: .*FC 16/, /^taken back: HMI-C/]) expect(answerOf(await post('undo', { base: digestOf(text()) }))['done']).toMatch(expected);
    expect(text()).toBe(before);
    expect((await post('undo', { base: digestOf(text()) })).status).toBe(422);
  });

  test('a spec that somebody else changed is not written, and not taken back', async () => {
    const before = text();
    await edit(pin);
    const mine = text();
    writeFileSync(spec, `${mine}# from an editor\n`);
    for (const reply of [await edit({ ...pin, pinned: false }, digestOf(mine)), await post('undo', { base: digestOf(mine) })]) {
      expect(reply.status).toBe(409);
      expect(answerOf(reply)).toMatchObject({ problem: 'the spec was changed by somebody else since this page was drawn', isStale: true });
    }
    expect(text()).toBe(`${mine}# from an editor\n`);
    expect((await post('undo', { base: digestOf(text()) })).status).toBe(422);
    writeFileSync(spec, before);
  });

  test('a spec that does not hold is said with its line; the page before stays, and comes again with the spec', async () => {
    const before = text();
    writeFileSync(spec, before.replace('zone_id: Z-INTAKE', 'zone_id: Z-INTAKE\n    zone_id: Z-INTAKE'));
    await expect.poll(async () => answerOf(await get('change'))['problem'], { timeout: HANG_MS }).toMatch(/plant\.yaml:\d+:\d+: this field is given twice/);
    expect((await get('')).status).toBe(200);
    writeFileSync(spec, before);
    await expect.poll(async () => answerOf(await get('change'))['problem'], { timeout: HANG_MS }).toBeNull();
  });
});

test.each([['that is gone', null, /plant\.db is gone\. Put it back/], ['in whose place another file stands', 'words', /plant\.db is not a baseline store: it looks like text/]])('a store %s is said, and comes again', async (_, instead, problem) => {
  renameSync(db, `${db}.away`);
  if (instead !== null) writeFileSync(db, instead);
  await expect.poll(async () => answerOf(await get('change'))['problem'], { timeout: HANG_MS }).toMatch(problem);
  renameSync(`${db}.away`, db);
  await expect.poll(async () => answerOf(await get('change'))['problem'], { timeout: HANG_MS }).toBeNull();
});

// The children of a process are a file of Linux (proc(5)).
test.runIf(process.platform === 'linux')('where the process that makes the page is ended, serve says so and ends', async () => {
  const other = await startServe([spec, '--db', db]);
  const children = readFileSync(`/proc/${other.pid}/task/${other.pid}/children`, 'utf8').trim().split(' ');
  const desk = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve-child'));
  process.kill(Number(desk), 'SIGKILL');
  const { code, err } = await other.ended;
  expect(err).toMatch(/baseline: the process that makes the page ended \(SIGKILL\)\n {2}\S.+\n$/);
  expect(code).toBe(4);
});

test('how it is started', () => {
  expect(runProcess(['serve', '--host', '0.0.0.0', '--db', db])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/--host 0\.0\.0\.0: the report is shown on this machine only/) as string });
  expect(runProcess(['serve', '--port', '70000', '--db', db])).toMatchObject({ code: 2 });
  expect(runProcess(['serve', '--db', join(folder, 'nothing.db')])).toMatchObject({ code: 4 });
  expect(runProcess(['serve', join(folder, 'nothing.yaml'), '--db', db])).toMatchObject({ code: 2 });
  const taken = runProcess(['serve', spec, '--port', String(served.port), '--db', db]);
  expect([taken.code, taken.out]).toEqual([2, '']);
  expect(taken.err).toMatch(/--port \d+: cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
});
