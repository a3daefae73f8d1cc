/** `spec export-register`, `import-register`, `import-assets`: files in and out, all of it or nothing, and what is said when it fails. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { runLine } from './command-line.ts';

const SPEC = `zones:
  - {zone_id: Z1, name: Cell, assets: [{asset_id: PLC-1, role: plc, ip: [10.0.0.1]}]} # keep me
  - {zone_id: Z2, name: Operations, assets: [{asset_id: HMI-1, role: hmi, ip: [10.0.1.1]}]}
conduits:
  - conduit_id: C1
    connects: [Z1, Z2]
    protocols_allowed:
      - {rule_id: C1-001, protocol: Modbus/TCP, client: {zone: Z2, assets: [HMI-1]}, server: {zone: Z1, assets: [PLC-1]}, access: read, decision: pending}
`;

const folder = testFolder();
let spec: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  spec = at('spec.yaml');
  writeFileSync(spec, SPEC);
});

describe('edits', () => {
  const own = (): string => readFileSync(at('own.yaml'), 'utf8');
  const edited = async (...words: string[]): ReturnType<typeof runLine> => {
    writeFileSync(at('own.yaml'), SPEC);
    return runLine(['spec', words[0], at('own.yaml'), ...words.slice(1)]);
  };

  it('an asset moves with its rules, and the comment stays', async () => {
    const ran = await edited('move-asset', '--asset', 'PLC-1', '--zone', 'Z2');
    expect(ran).toMatchObject({ code: EXIT.ok, out: '' });
    expect(ran.err).toMatch(/^PLC-1 is in Z2 now, pinned; 1 rule removed, within one zone now \(C1-001\); Z1 has no asset left$/m);
    expect(own()).toContain('# keep me');
    expect((await runLine(['spec', 'check', at('own.yaml')])).code).not.toBe(EXIT.usage);
  });

  it('a zone is renamed wherever it is named', async () => {
    expect((await edited('rename-zone', '--zone', 'Z1', '--id', 'FILTERS', '--name', 'Filters')).err).toMatch(/^Z1 is now FILTERS, "Filters"$/m);
    expect(own()).toBe(SPEC.replaceAll('Z1', 'FILTERS').replace('name: Cell', 'name: Filters'));
    expect((await edited('rename-zone', '--zone', 'Z1', '--name', 'Filters')).code).toBe(EXIT.ok);
    expect(own()).toBe(SPEC.replace('name: Cell', 'name: Filters'));
    expect((await edited('rename-zone', '--zone', 'Z1', '--id', 'FILTERS')).code).toBe(EXIT.ok);
    expect(own()).toBe(SPEC.replaceAll('Z1', 'FILTERS'));
  });

  it.each([
    [['move-asset', '--asset', 'PLC-2', '--zone', 'Z2'], /there is no asset PLC-2 in the spec[^]*did you mean PLC-1/],
    [['move-asset', '--asset', 'PLC-1', '--zone', 'Z9'], /there is no zone Z9 in the spec[^]*its zones are Z1, Z2/],
    [['move-asset', '--asset', 'PLC-1', '--zone', 'Z1'], /PLC-1 is in Z1 already/],
    [['move-asset', '--asset', 'PLC-1'], /nothing says which asset goes where/],
    [['rename-zone', '--zone', 'Z1'], /nothing says which zone is called what/],
    [['rename-zone', '--zone', 'Z1', '--id', 'Z2'], /there is a zone Z2 already/],
    [['rename-zone', '--zone', 'Z1', '--id', 'no good'], /with this edit the spec would not hold/],
    [['rename-zone', '--zone', 'Z1', '--name', 'a\u202eb'], /holds characters that cannot be seen/],
  ])('%j is refused, and the file stays', async (words, said) => {
    const ran = await edited(...words);
    expect(ran.code).toBe(EXIT.usage);
    expect(ran.err).toMatch(said);
    expect(own()).toBe(SPEC);
  });
});

describe('registers', () => {
  it('go out, come back with a decision, and leave the rest of the file alone', async () => {
    expect(await runLine(['spec', 'export-register', spec, '--out', at('register')])).toMatchObject({ code: EXIT.ok, out: '' });
    expect(readdirSync(at('register')).sort()).toEqual(['assets.csv', 'conduits.csv', 'permits.csv', 'zones.csv']);
    const permits = readFileSync(at('register/permits.csv'), 'utf8');
    expect(permits).toContain('C1-001,C1,Z2,HMI-1,Z1,PLC-1,Modbus/TCP,tcp,502,"browse; read",,pending,');
    writeFileSync(at('register/permits.csv'), permits.replace(',pending,,', ',approved,A. Keller,'));
    const back = await runLine(['spec', 'import-register', at('register'), '--into', spec]);
    expect(back).toMatchObject({ code: EXIT.ok, out: '' });
    expect(back.err).toMatch(/permits\.csv: 1 permit, 0 of them new, 1 changed/);
    expect(readFileSync(spec, 'utf8')).toBe(SPEC.replace('decision: pending}', 'decision: approved, owner: A. Keller}'));
  });

  it('a list with a wrong cell changes nothing and says where', async () => {
    const before = readFileSync(spec, 'utf8');
    writeFileSync(at('bad.csv'), 'asset_id,zone,ip\nPLC-2,Z1,10.0.0.2\nPLC-3,Z9,10.0.0.999\n');
    const ran = await runLine(['spec', 'import-assets', at('bad.csv'), '--into', spec]);
    expect(ran.code).toBe(EXIT.usage);
    expect(ran.out).toMatch(/bad\.csv:3:10: "ip" is "10\.0\.0\.999": /);
    expect(ran.err).toMatch(/was not changed/);
    expect(readFileSync(spec, 'utf8')).toBe(before);
  });

  it('a spec that is not there, and lists that do not make one', async () => {
    mkdirSync(at('rules'));
    writeFileSync(at('rules/permits.csv'), 'rule_id,conduit,source_zone,destination_zone,protocol\nC1-001,C1,Z2,Z1,Modbus/TCP\n');
    const ran = await runLine(['spec', 'import-register', at('rules'), '--into', at('missing.yaml')]);
    expect(ran.code).toBe(EXIT.usage);
    expect(ran.err).toBe(`${at('missing.yaml')}: no such file, and these lists do not make a new spec. Name the spec that they are of with --into, or let propose-zones --out write it first.\n`);
    expect(ran.out).toMatch(/permits\.csv:2:\d+: the zone "Z2" is not declared/);
    expect(existsSync(at('missing.yaml'))).toBe(false);
  });

  it('an asset list alone makes a spec', async () => {
    writeFileSync(at('assets.csv'), 'asset_id;zone;ip\r\nPLC-1;Z1;10.0.0.1\r\n');
    expect((await runLine(['spec', 'import-assets', at('assets.csv'), '--into', at('new.yaml')])).code).toBe(EXIT.ok);
    expect((await runLine(['spec', 'check', at('new.yaml')])).code).not.toBe(EXIT.usage);
  });

  it.each([
    [['spec', 'import-assets', 'LIST'], /nothing says into which spec/],
    [['spec', 'export-register', 'SPEC'], /nothing says where the lists go/],
    [['spec', 'export-register', 'SPEC', '--out', 'SPEC'], /is not a folder/],
    [['spec', 'import-assets', 'MISSING', '--into', 'SPEC'], /no such file/],
    [['spec', 'import-assets', 'LATIN', '--into', 'SPEC'], /not UTF-8/],
    [['spec', 'import-register', 'EMPTY', '--into', 'SPEC'], /holds no list/],
    [['spec', 'import-register', 'LIST', '--into', 'SPEC'], /is not a folder/],
  ])('%j', async (args, says) => {
    mkdirSync(at('empty'), { recursive: true });
    writeFileSync(at('latin.csv'), Buffer.from([0x61, 0xe9, 0x0a]));
    writeFileSync(at('list.csv'), 'asset_id\nPLC-1\n');
    const names: Readonly<Record<string, string>> = { LIST: at('list.csv'), SPEC: spec, MISSING: at('missing.csv'), LATIN: at('latin.csv'), EMPTY: at('empty') };
    const ran = await runLine(args.map((word) => names[word] ?? word));
    expect(ran.code).toBe(EXIT.usage);
    expect(ran.err).toMatch(says);
    expect(ran.err).not.toMatch(/\bat .*:\d+:\d+/);
    expect(existsSync(`${spec}.part`)).toBe(false);
  });
});
