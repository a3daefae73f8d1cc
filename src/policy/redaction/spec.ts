/**
 * A spec without the plant's names: the same zones, conduits, rules and addresses, by other names. In: a loaded spec. Out: a
 * plain value for the YAML writer. Comments, the user's own `x-` fields and provenance stay behind; a field that is not
 * listed here or in own-words.ts may say anything, and its words are replaced as a whole.
 */
import { declaredAssets } from '../spec/assets.ts';
import type { Spec } from '../spec/schema.ts';
import { kindOfZone } from '../spec/zone-kind.ts';
import { ranks } from './names.ts';
import { keptOf } from './own-words.ts';
import type { Redactor } from './redactor.ts';

const ADDRESSES = new Set(['ip', 'mac', 'addresses', 'networks', 'servers', 'host', 'client']);
const IDS = new Set([
  'asset_id', 'zone_id', 'conduit_id', 'ep_id', 'rule_id', 'removed_rules', 'zone', 'via_zone', 'via_asset', 'replica_of', 'from', 'to', 'assets', 'connects', 'allowed_conduits', 'enforced_by', 'switch', 'names', 'together',
  'apart', 'safety_assets',
]);
/** What the schema binds to a list, a number or a date: nobody's words have room in it. */
const BOUND = new Set([
  'spec_version', 'assessment_date', 'purdue_level', 'security_level_target', 'security_level', 'kind', 'role', 'level', 'ethertype', 'port', 'ports', 'access', 'data_flow', 'security_policy', 'table', 'days',
  'start', 'end', 'expires', 'log', 'basis', 'decision', 'decided_on', 'review_by', 'mode', 'default_action', 'platform', 'dpi', 'violation',
]);

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

export function redactSpec(spec: Spec, redactor: Redactor): Record<string, unknown> {
  const ids = idsOf(spec);
  const id = (text: string): string => ids.get(text) ?? ids.get(text.toLowerCase()) ?? redactor.address(text);
  const word = (key: string, text: string): string => {
    if (key === 'client' || key === 'servers' || ADDRESSES.has(key)) return redactor.address(text);
    if (key === 'address') return interfaceAddress(redactor, text);
    if (IDS.has(key)) return id(text);
    if (key === 'direction') return redactDirection(text, id);
    return BOUND.has(key) ? text : (keptOf(key, text) ?? redactor.words(text));
  };
  const walk = (key: string, value: Value): Value => {
    if (typeof value === 'string') return word(key, value);
    if (Array.isArray(value)) return (value as readonly Value[]).map((one) => walk(key, one));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'provenance').map(([name, one]) => [name, walk(name, one)]));
  };
  const assets = declaredAssets(spec);
  // A zone's kind may be told from its words, and assets may be named in a text: both are said outright.
  const plain = {
    ...spec,
    zones: spec.zones.map((zone, index) => ({
      ...zone,
      kind: kindOfZone(zone),
      ...(zone.assets === undefined ? {} : {
        assets: zone.assets.flatMap((entry, at) => (typeof entry !== 'string' ? [entry]
          : assets.filter((asset) => asset.zoneIndex === index && asset.assetIndex === at).map((asset) => ({ asset_id: asset.id, ...(asset.names.length === 0 ? {} : { names: [...asset.names] }) })))),
      }),
    })),
  };
  return walk('', plain as unknown as Value) as Record<string, unknown>;
}

/** Zones, conduits and enforcement points are numbered in the order of their ids; assets go by names, as rules do, which firewalls log. */
function idsOf(spec: Spec): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const number = (letter: string, texts: readonly string[]): void => {
    for (const [text, rank] of ranks(texts)) {
      ids.set(text, `${letter}${rank}`);
      ids.set(text.toLowerCase(), `${letter}${rank}`);
    }
  };
  const conduits = spec.conduits.map((conduit) => conduit.conduit_id);
  number('EP', (spec.enforcement_points ?? []).map((point) => point.ep_id));
  number('C', conduits);
  number('Z', spec.zones.map((zone) => zone.zone_id));
  return ids;
}

function interfaceAddress(redactor: Redactor, text: string): string {
  const [address, bits] = text.split('/');
  return redactor.address(address) + (bits === undefined ? '' : `/${bits}`);
}

/** Of a direction in words: its zones, its arrow, and the words that limit it. */
const LIMITS = new Set(['read', 'write', 'only', 'fc', 'fcs', 'function', 'functions', 'code', 'codes', 'unit', 'units', 'ids', 'register', 'registers', 'address', 'addresses', 'coil', 'coils', 'and', 'or', 'to', 'through',
  'modbus', 'via', 'data', 'diode', 'unidirectional', 'one', 'way', 'mfa', 'multi', 'factor', 'multifactor', 'bidirectional', 'both', 'ways', 'directions', 'x']);

const redactDirection = (text: string, id: (text: string) => string): string =>
  text.replaceAll(/[\p{L}\p{N}][\p{L}\p{N}_.-]*[\p{L}\p{N}]|[\p{L}\p{N}]/gu, (token) => (/^[\d.-]+$/.test(token) || token.toLowerCase().split('-').every((part) => LIMITS.has(part) || /^\d+$/.test(part)) ? token : knownId(token, id)));

const knownId = (token: string, id: (text: string) => string): string => {
  const replaced = id(token);
  return /^[ZC]\d+$/.test(replaced) ? replaced : 'x';
};
