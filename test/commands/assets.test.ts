import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { listAssets } from '../../src/commands/assets.ts';
import { ASSETS_SHAPE } from '../../src/render/json-shapes.ts';
import { testFolder } from '../folder.ts';
import { hostileStores, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { fillStore, HISTORIAN, HMI, LAPTOP, PLC, PLC_MAC } from '../store/read-fixture.ts';
import { setStage, textOf } from './main-stage.ts';

const folder = testFolder();
const db = join(folder, 'plant.db');

beforeAll(() => fillStore(db));

const assets = (argv: Parameters<typeof listAssets>[0] = {}) =>
  ASSETS_SHAPE.parse(JSON.parse(textOf(listAssets({ db, json: true, ...argv }, setStage()))));

test('the JSON has the shape that is published: one asset a device, with its evidence', () => {
  const { assets: all, total } = assets();
  expect(total).toBe(4);
  expect(all.map((asset) => asset.addresses[0])).toEqual([PLC, HMI, LAPTOP, HISTORIAN]);
  const [plc] = all;
  expect(plc).toMatchObject({ id: 'PLC-07', addresses: [PLC], macs: [PLC_MAC], names: ['PLC-07'], role: 'plc', level: 1 });
  expect(plc.evidence.length).toBeGreaterThan(0);
  expect(plc.zone).toBeDefined();
});

test.each<[string, Parameters<typeof listAssets>[0], string[]]>([
  ['id, any case', { asset: ['plc-07'] }, [PLC]],
  ['address', { asset: [HMI] }, [HMI]],
  ['MAC', { asset: [PLC_MAC] }, [PLC]],
  ['role', { role: ['plc'] }, [PLC]],
  ['role that nobody has', { role: ['mes'] }, []],
  ['sorted by id', { sort: 'id' }, [LAPTOP, HMI, HISTORIAN, PLC]],
])('filter: %s', (_name, argv, addresses) => {
  expect(assets(argv).assets.map((asset) => asset.addresses[0])).toEqual(addresses);
});

test('a zone is found by id and by name', () => {
  const [plc] = assets({ asset: ['PLC-07'] }).assets;
  for (const zone of [plc.zone, plc.zoneName]) expect(assets({ zone: [zone ?? '?'] }).assets.map((asset) => asset.id)).toContain('PLC-07');
});

test('one asset is shown with what speaks for and against', () => {
  const text = textOf(listAssets({ db, asset: ['PLC-07'] }, setStage()));
  expect(text).toMatch(/^asset +PLC-07$/m);
  expect(text).toMatch(/^role +plc \(confidence 0\.\d\d/m);
  expect(text).toMatch(/^for +/m);
});

test('an asset or a zone that is not there is a mistake, beside right ones too', () => {
  for (const asset of [['nobody'], ['PLC-07', 'nobody']]) expect(() => listAssets({ db, asset }, setStage())).toThrow(/--asset nobody: there is no such asset/);
  const { zone = '' } = assets({ asset: ['PLC-07'] }).assets[0];
  for (const zones of [['nowhere'], [zone, 'nowhere']]) expect(() => listAssets({ db, zone: zones }, setStage())).toThrow(/--zone nowhere: there is no such zone/);
});

test('no match is an answer', () => {
  expect(textOf(listAssets({ db, role: ['mes'] }, setStage()))).toMatch(/(?:^|\n\n)no asset matches\n$/);
});

test.each(hostileStores())('no hostile word acts in any format (%s)', (_name, words) => {
  const path = join(folder, 'hostile.db');
  rmSync(path, { force: true });
  fillStore(path, { hostile: words });
  for (const format of ['table', 'json', 'jsonl', 'csv', 'md'] as const) {
    const text = textOf(listAssets({ db: path, format }, setStage({ width: 120 })));
    expect(text.replaceAll('\r\n', '\n'), format).not.toMatch(UNSAFE_OUTPUT);
  }
});
