/**
 * The evidence bundle: the same evidence gives the same octets, another machine comes to the same proposal and report, and
 * whatever is done to the file on the way is told: exit 1 for evidence that does not hold, 2 for what is no bundle.
 */
import Database from 'better-sqlite3';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { tarHeader } from '../../src/render/bundle/tar.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine, type Ran } from './command-line.ts';

const BLOCK = 512;

const folder = testFolder();
let db: string;
let bundle: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  db = at('plant.db');
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', db])).code).toBe(EXIT.ok);
  for (const name of ['own', 'other']) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(at(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(at(`${name}-public.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  bundle = at('evidence.tar');
  const ran = await runLine(['bundle', join(SAMPLES, 'plant.yaml'), '--db', db, '--out', bundle, '--sign', at('own.pem')]);
  expect(ran).toMatchObject({ code: EXIT.ok, out: '' });
});

interface Member {
  readonly name: string;
  readonly data: Buffer;
}

/** Members by the system's own rules: name and size from the header. */
function membersOf(path: string): Member[] {
  const tar = readFileSync(path);
  const members: Member[] = [];
  for (let here = 0; tar[here] !== 0; ) {
    const name = tar.toString('latin1', here, here + 100).replace(/\0.*$/s, '').replace('evidence/', '');
    const size = Number.parseInt(tar.toString('latin1', here + 124, here + 135), 8);
    members.push({ name, data: tar.subarray(here + BLOCK, here + BLOCK + size) });
    here += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return members;
}

const packed = (members: readonly Member[], time: number): Buffer =>
  Buffer.concat([...members.flatMap(({ name, data }) => [tarHeader({ name, size: data.length, time }), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]), Buffer.alloc(2 * BLOCK)]);

const timeOf = (path: string): number => Number.parseInt(readFileSync(path).toString('latin1', 136, 147), 8);

/** The bundle with other members, whose manifest says what they are: only the signature and the analysis can tell. */
async function forged(change: (members: Map<string, Buffer>, manifest: Record<string, unknown>) => void): Promise<Ran> {
  const members = new Map(membersOf(bundle).map(({ name, data }) => [name, Buffer.from(data)]));
  const manifest = JSON.parse(members.get('manifest.json')!.toString()) as Record<string, unknown> & { members: { name: string; size: number; sha256: string }[] };
  change(members, manifest);
  for (const entry of manifest.members) {
    const data = members.get(entry.name)!;
    Object.assign(entry, { size: data.length, sha256: createHash('sha256').update(data).digest('hex') });
  }
  members.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
  writeFileSync(at('forged.tar'), packed([...members].map(([name, data]) => ({ name, data })), timeOf(bundle)));
  return runLine(['bundle', 'verify', at('forged.tar')]);
}

const verifyWith = (path: string, ...more: string[]): Promise<Ran> => runLine(['bundle', 'verify', path, ...more]);

test('the file is private, holds the members in order, and any tar program reads it', () => {
  expect(statSync(bundle).mode & 0o777).toBe(0o600);
  expect(membersOf(bundle).map(({ name }) => name)).toEqual(['manifest.json', 'manifest.sig', 'proposal.yaml', 'report.html', 'spec.yaml', 'store.db']);
  const listed = spawnSync('tar', ['tf', bundle], { encoding: 'utf8' });
  expect(listed).toMatchObject({ status: 0, stderr: '' });
  expect(listed.stdout.trim().split('\n')).toHaveLength(6);
  expect(readdirSync(folder).filter((name) => name.startsWith('.baseline'))).toEqual([]);
});

test('the manifest says losses first, then provenance, and the SHA-256 of every member', () => {
  const [first, , ...others] = membersOf(bundle);
  const manifest = JSON.parse(first.data.toString()) as { losses: string[]; provenance: { captures: { digest: string }[] }; members: { name: string; size: number; sha256: string }[] };
  expect(Object.keys(manifest).slice(0, 2)).toEqual(['schemaVersion', 'losses']);
  expect(manifest.losses.join()).toMatch(/dropped by the machines/);
  expect(manifest.provenance.captures.map(({ digest }) => digest)).toEqual(
    readdirSync(join(SAMPLES, 'plant')).sort().map((name) => createHash('sha256').update(readFileSync(join(SAMPLES, 'plant', name))).digest('hex')));
  expect(manifest.members).toEqual(others.map(({ name, data }) => ({ name, size: data.length, sha256: createHash('sha256').update(data).digest('hex') })));
});

test('the same evidence gives the same octets, also by way of another name', async () => {
  copyFileSync(db, at('elsewhere.db'));
  await runLine(['bundle', join(SAMPLES, 'plant.yaml'), '--db', at('elsewhere.db'), '--out', at('again.tar'), '--sign', at('own.pem')]);
  expect(readFileSync(at('again.tar')).equals(readFileSync(bundle))).toBe(true);
});

test('the packed proposal is what propose-zones writes, the spec is the spec, and the store holds no payload', async () => {
  await runLine(['propose-zones', '--db', db, '--out', at('proposed.yaml')]);
  const members = new Map(membersOf(bundle).map(({ name, data }) => [name, data]));
  expect(members.get('proposal.yaml')!.toString()).toBe(readFileSync(at('proposed.yaml'), 'utf8'));
  expect(members.get('spec.yaml')!.equals(readFileSync(join(SAMPLES, 'plant.yaml')))).toBe(true);
  writeFileSync(at('unpacked.db'), members.get('store.db')!);
  const store = new Database(at('unpacked.db'), { readonly: true });
  // The decoder's memory between files holds the unfinished octets of open streams: it stays at home.
  expect(store.prepare('SELECT count(*) FROM decoder_state').pluck().get()).toBe(0);
  expect(store.pragma('freelist_count', { simple: true })).toBe(0);
  store.close();
});

test('verify: signature, members, and the same proposal and report byte for byte', async () => {
  const ran = await verifyWith(bundle, '--key', at('own-public.pem'), '--json');
  expect(ran).toMatchObject({ code: EXIT.ok, err: '' });
  const { holds, checks } = JSON.parse(ran.out) as { holds: boolean; checks: { check: string; holds: boolean | null }[] };
  expect(holds).toBe(true);
  expect(checks.map((one) => [one.check, one.holds])).toEqual(
    ['signature', 'proposal.yaml', 'report.html', 'spec.yaml', 'store.db', 'packets', 'captures', 'observed', 'losses', 'completeness', 'proposal.yaml again', 'report.html again'].map((name) => [name, true]));
  const { out, code } = await verifyWith(bundle);
  expect(code).toBe(EXIT.ok);
  expect(out).toMatch(/^What is missing or doubtful in the evidence:\n {2}- /);
  expect(out).toMatch(/- {4}signature .*not checked: name the public key/);
});

test('a store that a capture is writing into is packed as of one moment', async () => {
  copyFileSync(db, at('busy.db'));
  const writer = new Database(at('busy.db'));
  writer.pragma('journal_mode = WAL');
  writer.exec('BEGIN IMMEDIATE; DELETE FROM conversation');
  try {
    expect((await runLine(['bundle', join(SAMPLES, 'plant.yaml'), '--db', at('busy.db'), '--out', at('busy.tar'), '--sign', at('own.pem')])).code).toBe(EXIT.ok);
  } finally {
    writer.exec('ROLLBACK');
    writer.close();
  }
  expect((await verifyWith(at('busy.tar'))).code).toBe(EXIT.ok);
});

describe('what does not hold (exit 1)', () => {
  test('another key, or no signature where one is asked for', async () => {
    const ran = await verifyWith(bundle, '--key', at('other-public.pem'));
    expect(ran.code).toBe(EXIT.findings);
    expect(ran.out).toMatch(/FAIL signature .*not by the key/);
    expect(ran.out, 'nothing is analysed').not.toMatch(/again/);
    await runLine(['bundle', '--db', db, '--out', at('unsigned.tar')]);
    expect((await verifyWith(at('unsigned.tar'), '--key', at('own-public.pem'))).out).toMatch(/FAIL signature .*not signed, but --key/);
    expect((await verifyWith(at('unsigned.tar'))).code).toBe(EXIT.ok);
  });

  test('one bit of any member', async () => {
    const tar = readFileSync(bundle);
    let here = 0;
    for (const { name, data } of membersOf(bundle)) {
      here += BLOCK;
      const bent = Buffer.from(tar);
      bent[here + (data.length >> 1)] ^= 1;
      writeFileSync(at('bent.tar'), bent);
      const ran = await verifyWith(at('bent.tar'), '--key', at('own-public.pem'));
      // A bent manifest may be no manifest any more.
      expect(name === 'manifest.json' ? [EXIT.findings, EXIT.usage] : [EXIT.findings], name).toContain(ran.code);
      here += BLOCK * Math.ceil(data.length / BLOCK);
    }
  });

  test('members and manifest changed together: the signature, and without a key the analysis, tell', async () => {
    const smaller = (members: Map<string, Buffer>): void => {
      writeFileSync(at('changed.db'), members.get('store.db')!);
      const store = new Database(at('changed.db'));
      store.exec('DELETE FROM operation WHERE function = 16');
      store.close();
      members.set('store.db', readFileSync(at('changed.db')));
    };
    const ran = await forged(smaller);
    expect(ran.code).toBe(EXIT.findings);
    expect(ran.out).toMatch(/FAIL proposal\.yaml again/);
    expect((await verifyWith(at('forged.tar'), '--key', at('own-public.pem'))).out).toMatch(/FAIL signature/);
    const wider = await forged((members) => void members.set('proposal.yaml', Buffer.from(members.get('proposal.yaml')!.toString().replace('approved', 'rejected'))));
    expect(wider.out).toMatch(/FAIL proposal\.yaml again/);
    expect(wider.out).toMatch(/ok {3}report\.html again/);
  });

  test.each<[string, (manifest: Record<string, unknown>) => void]>([
    ['losses', (manifest) => (manifest.losses = [])],
    ['completeness', (manifest) => (manifest.completeness = ['Enough was seen under the stopping rule.'])],
    ['observed', ({ provenance }) => ((provenance as { observed: { first: string } }).observed.first = '2025-01-01T00:00:00Z')],
    ['captures', ({ provenance }) => ((provenance as { captures: { digest: string }[] }).captures[0].digest = '0'.repeat(64))],
    ['packets', ({ provenance }) => ((provenance as { packets: number }).packets = 7)],
  ])('a manifest that states other %s than the store has', async (check, change) => {
    const ran = await forged((_, manifest) => change(manifest));
    expect(ran.code).toBe(EXIT.findings);
    expect(ran.out.match(/FAIL \S+/g)).toEqual([`FAIL ${check}`]);
  });

  test('anything that stands with the signature', async () => {
    const members = membersOf(bundle);
    const own = members[1].data.toString();
    for (const text of [`${own}and more\n`, `${own.slice(0, 40)}!\n${own.slice(40)}`, own.trimEnd(), own.replace('==', '')]) {
      writeFileSync(at('signed.tar'), packed(members.map((one, i) => (i === 1 ? { ...one, data: Buffer.from(text) } : one)), timeOf(bundle)));
      const ran = await verifyWith(at('signed.tar'), '--key', at('own-public.pem'));
      expect(ran.code).toBe(EXIT.findings);
      expect(ran.out).toMatch(/FAIL signature +is not as this program writes one/);
    }
  });
});

describe('what is no bundle (exit 2)', () => {
  const refused = async (octets: Uint8Array, says: RegExp): Promise<void> => {
    writeFileSync(at('bad.tar'), octets);
    const ran = await verifyWith(at('bad.tar'));
    expect(ran).toMatchObject({ code: EXIT.usage, out: '' });
    expect(ran.err).toMatch(says);
    expect(ran.err).toMatch(/^baseline: .+\n {2}\S.+\n$/);
  };

  test('cut short anywhere', async () => {
    const tar = readFileSync(bundle);
    for (const length of [0, 1, 511, 512, 513, 4096, tar.length >> 1, tar.length - 1025, tar.length - 1024, tar.length - 512, tar.length - 1]) await refused(tar.subarray(0, length), /no evidence bundle/);
  });

  test.each([
    ['a store that is text', 'store.db', Buffer.from('no store'), /forged\.tar: the store store\.db is not a baseline store: it looks like text\n/],
    ['an empty store', 'store.db', Buffer.alloc(0), /forged\.tar: the store store\.db is empty\n/],
    ['a spec that does not hold', 'spec.yaml', Buffer.from('zones: ['), /forged\.tar: the spec does not hold: line 1: /],
  ])('%s, in a bundle that agrees with itself', async (_, name, data, says) => {
    const ran = await forged((members) => void members.set(name, data));
    expect(ran).toMatchObject({ code: EXIT.usage, out: '' });
    expect(ran.err).toMatch(says);
    expect(ran.err).toMatch(/\n {2}Take the file again from where it was made, or verify it with the program that packed it \(baseline [\d.]+\)\.\n$/);
  });

  test('members twice, too many, too few, in another order, or with something behind them', async () => {
    const members = membersOf(bundle);
    const time = timeOf(bundle);
    await refused(packed([...members, members[2]], time), /stands in it twice/);
    await refused(packed([...members, { name: 'extra.txt', data: Buffer.from('x') }], time), /extra\.txt is not in its manifest/);
    await refused(packed(members.slice(0, -1), time), /ends before its member store\.db/);
    await refused(packed([members[0], members[1], members[3], members[2], members[4], members[5]], time), /stands where proposal\.yaml should/);
    await refused(Buffer.concat([readFileSync(bundle), Buffer.from('x')]), /behind its end/);
    await refused(packed(members, 4_102_444_800), /the times of its members/);
    const smuggled = Buffer.from(readFileSync(bundle));
    // Behind the first member that does not fill its last block.
    const padded = members.findIndex(({ data }) => data.length % BLOCK !== 0);
    const before = members.slice(0, padded).reduce((octets, { data }) => octets + BLOCK + Math.ceil(data.length / BLOCK) * BLOCK, 0);
    smuggled[before + BLOCK + members[padded].data.length] = 65;
    await refused(smuggled, new RegExp(`behind the member ${members[padded].name.replace('.', '\\.')}`));
  });

  test('links, folders, paths that lead out, foreign headers', async () => {
    const build = (...args: string[]): Buffer => {
      const made = spawnSync('tar', ['cf', '-', '-C', folder, ...args], { maxBuffer: 1 << 26 });
      expect(made.status).toBe(0);
      return made.stdout;
    };
    mkdirSync(at('evidence'), { recursive: true });
    symlinkSync('/etc/passwd', at('evidence/manifest.json'));
    await refused(build('--format=ustar', 'evidence/manifest.json'), /is a link, a folder or a special file/);
    await refused(build('--format=ustar', 'evidence'), /is a link, a folder or a special file/);
    rmSync(at('evidence/manifest.json'));
    writeFileSync(at('evidence/manifest.json'), membersOf(bundle)[0].data);
    await refused(build('--format=ustar', 'evidence/manifest.json'), /not as this program writes it/);
    await refused(build('--format=ustar', '--transform=s,evidence,../../tmp,', 'evidence/manifest.json'), /a name that no bundle has/);
    await refused(build('--format=ustar', '-P', at('evidence/manifest.json')), /a name that no bundle has/);
    await refused(build('--format=pax', '--pax-option=comment=x', 'evidence/manifest.json'), /no ustar header|is a link, a folder or a special file/);
  });

  test('other files, other manifests, manifests that are too large', async () => {
    await refused(Buffer.from('hello\n'.repeat(1000)), /no ustar header/);
    await refused(readFileSync(db), /no ustar header/);
    const manifest = (text: string): Buffer => packed([{ name: 'manifest.json', data: Buffer.from(text) }], 0);
    for (const text of ['', '{}', '[]', 'null', '{"schemaVersion":2}', membersOf(bundle)[0].data.toString().replace('store.db', '../x.db')]) await refused(manifest(text), /its manifest is not one/);
    await refused(tarHeader({ name: 'manifest.json', size: 20_000_000, time: 0 }), /too large/);
    expect(await verifyWith(at('nowhere.tar'))).toMatchObject({ code: EXIT.usage });
    expect(await verifyWith(folder)).toMatchObject({ code: EXIT.usage });
  });
});

test('wrong use is one line', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(at('rsa.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  for (const [args, says] of [
    [['bundle', '--db', db], /nothing says where/],
    [['bundle', 'verify'], /which bundle/],
    [['bundle', '--db', db, '--out', join(folder, 'no/such/e.tar')], /cannot be written/],
    [['bundle', '--db', db, '--out', at('x.tar'), '--sign', at('rsa.pem')], /kind rsa/],
    [['bundle', '--db', db, '--out', at('x.tar'), '--sign', at('own-public.pem')], /no private key/],
    [['bundle', 'verify', bundle, '--key', at('own.pem')], /is a private key/],
    [['bundle', 'verify', bundle, '--key', at('nowhere.pem')], /no such file/],
    [['bundle', 'nowhere.yaml', '--db', db, '--out', at('x.tar')], /no such file/],
  ] as const) {
    const ran = await runLine(args);
    expect(ran, args.join(' ')).toMatchObject({ code: EXIT.usage, out: '' });
    expect(ran.err).toMatch(says);
  }
  expect(existsSync(at('x.tar'))).toBe(false);
  expect(await runLine(['bundle', '--db', at('nowhere.db'), '--out', at('x.tar')])).toMatchObject({ code: EXIT.store });
  expect(readdirSync(folder).filter((name) => name.startsWith('.baseline') || name.endsWith('.part'))).toEqual([]);
});
