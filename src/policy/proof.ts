/**
 * An independent check of a proposal: nothing of the generator or the matcher is used, only the Observations, the
 * proposal's placements and the spec's own words, compared pair by pair.
 *
 * Shows (1) what was observed, and neither set aside nor rejected, is permitted; (2) what is permitted is declared: each Permit's ends belong to the
 * zones that its conduit connects, and what was never seen is owed to a named rule; (3) each standing Permit has a witness
 * that no other Permit lets through, but for those that this store cannot speak of: what a person wrote and nobody saw, and what an
 * earlier store saw. Out: counterexamples, none when it holds. It is slow and plain on purpose.
 */
import { accessOfFunctionCode } from '../decode/app/modbus-functions.ts';
import { plural } from '../infer/plural.ts';
import { parseSpan, type AddressSpan } from '../net/address-set.ts';
import { staysOnLink } from '../net/link-local.ts';
import { listsBy } from '../net/multi-map.ts';
import { FOLDED_FUNCTION, type Conversation, type ObservationSet } from '../observation.ts';
import type { Permit } from '../permit.ts';
import type { LoadedSpec } from './spec/load.ts';

export interface ProofFault {
  readonly claim: 'observed-permitted' | 'permitted-declared' | 'witness';
  readonly subject: string;
  readonly sentence: string;
}

export interface Proof {
  readonly holds: boolean;
  readonly faults: readonly ProofFault[];
  readonly observedAsks: number;
  /** Of those, what no Permit lets through because somebody decided so. */
  readonly rejected: number;
  readonly setAside: number;
  readonly permits: number;
  readonly witnessed: number;
  /** Permits that stand for a partner or group member, or on demand: without a witness by their nature. */
  readonly insurance: number;
  /** Permits that rest on a person's word or on what was heard before this store begins. */
  readonly elsewhere: number;
  readonly lines: readonly string[];
}

interface Who {
  readonly zone: string;
  readonly asset: string;
}

/** An exact address first, then the smallest range, then the smallest network: as people may write them into a proposal. */
const readPlaces = ({ spec }: LoadedSpec): { zoneOfAsset: ReadonlyMap<string, string>; place: (address: string) => Who | null } => {
  const zoneOfAsset = new Map<string, string>();
  const exact = new Map<string, Who>();
  const ranges: { readonly span: AddressSpan; readonly who: Who; readonly rank: number }[] = [];
  for (const { zone_id: zone, assets, networks } of spec.zones) {
    for (const asset of assets ?? []) {
      if (typeof asset === 'string') continue;
      zoneOfAsset.set(asset.asset_id, zone);
      for (const address of [...(asset.ip ?? []), ...(asset.mac ?? [])]) {
        const span = parseSpan(address);
        if (span === null || span.first === span.last) exact.set(address.toLowerCase(), { zone, asset: asset.asset_id });
        else ranges.push({ span, who: { zone, asset: asset.asset_id }, rank: 0 });
      }
    }
    for (const network of networks ?? []) {
      const span = parseSpan(network);
      if (span !== null) ranges.push({ span, who: { zone, asset: `unlisted in ${network}` }, rank: 1 });
    }
  }
  const width = ({ span }: { readonly span: AddressSpan }): bigint => span.last - span.first;
  ranges.sort((a, b) => a.rank - b.rank || (width(a) < width(b) ? -1 : width(a) > width(b) ? 1 : 0));
  const external = spec.zones.find((zone) => zone.kind === 'external')?.zone_id ?? null;
  const place = (address: string): Who | null => {
    const own = exact.get(address.toLowerCase());
    const at = own !== undefined || ranges.length === 0 ? null : parseSpan(address);
    const range = at === null ? undefined : ranges.find(({ span }) => span.family === at.family && span.first <= at.first && at.last <= span.last);
    return own ?? range?.who ?? (external === null ? null : { zone: external, asset: `unlisted ${address}` });
  };
  return { zoneOfAsset, place };
};

const isGroup = (address: string): boolean => {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address)) return (Number.parseInt(address.slice(0, 2), 16) & 1) === 1 || address === '00:00:00:00:00:00';
  if (address.includes(':')) return /^ff/i.test(address) || address === '::';
  const first = Number(address.split('.')[0]);
  return (first >= 224 && first < 240) || address === '255.255.255.255' || address === '0.0.0.0';
};

const TABLE: Readonly<Record<string, string>> = {
  'read 1': 'coil', 'read 2': 'discrete-input', 'read 3': 'holding-register', 'read 4': 'input-register', 'read 23': 'holding-register', 'read 24': 'holding-register',
  'write 5': 'coil', 'write 15': 'coil', 'write 6': 'holding-register', 'write 16': 'holding-register', 'write 22': 'holding-register', 'write 23': 'holding-register',
};

const rangeInside = (permit: Permit, code: number, access: 'read' | 'write', first: number, last: number): boolean => {
  const own = (permit.modbus?.ranges ?? []).filter((range) => range.access === access && (range.table === undefined || range.table === TABLE[`${access} ${code}`]));
  if (own.length === 0) return true;
  for (let address = first; address <= last; address++) if (!own.some((range) => range.first <= address && address <= range.last)) return false;
  return true;
};

const endHolds = (end: Permit['from'], who: Who, address: string): boolean =>
  end.zone === who.zone && ((end.assets.length === 0 && end.addresses.length === 0) || end.assets.includes(who.asset) || end.addresses.some((text) => {
    const [outer, inner] = [parseSpan(text), parseSpan(address)];
    return outer !== null && inner !== null && outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
  }));

/** Every single thing a conversation asked, as a text and a test. */
const asksOf = (conversation: Conversation): { text: string; passes: (permit: Permit) => boolean }[] => {
  const asks: { text: string; passes: (permit: Permit) => boolean }[] = [];
  for (const operation of conversation.operations) {
    const isOfAccess = ({ access }: Permit): boolean => access.length === 0 || access.includes(operation.access);
    if (operation.function === FOLDED_FUNCTION) asks.push({ text: `${operation.protocol} ${operation.name}`, passes: (permit) => permit.access.length === 0 && permit.named === null && permit.modbus === null && (permit.opcua?.services.length ?? 0) === 0 });
    else if (operation.protocol === 'modbus') {
      const code = operation.function;
      const unit = operation.unit ?? 0;
      const own = accessOfFunctionCode(code);
      const isListed = ({ modbus }: Permit): boolean => modbus !== null && modbus.functionCodes.length > 0;
      // Without a list, the codes are those whose own access is named, and beside that they may do what no code does by itself.
      const isNamed = (permit: Permit): boolean => (isListed(permit) ? permit.modbus?.functionCodes.includes(code) === true : permit.access.length === 0 || permit.access.includes(own));
      // UMAS: who may program by it may do with it whatever it can.
      const mayProgram = ({ access }: Permit): boolean => code === 90 && access.includes('program');
      const isUse = (permit: Permit): boolean => mayProgram(permit) || (isOfAccess(permit) && (isListed(permit) || permit.access.length === 0 || [own, 'control'].includes(operation.access)));
      const basic = (permit: Permit): boolean =>
        permit.modbus === null ? isOfAccess(permit) : isNamed(permit) && isUse(permit) && (permit.modbus.unitIds.length === 0 || permit.modbus.unitIds.includes(unit));
      if (operation.ranges.length === 0) asks.push({ text: `modbus ${unit}/${code}`, passes: basic });
      for (const range of operation.ranges) asks.push({ text: `modbus ${unit}/${code} ${range.access} ${range.first}-${range.last}`, passes: (permit) => basic(permit) && rangeInside(permit, code, range.access, range.first, range.last) });
    } else if (operation.protocol === 'opcua') {
      const service = operation.name.replace(/(Request|Response)$/, '');
      asks.push({ text: `opcua ${service}`, passes: (permit) => (permit.opcua === null || permit.opcua.services.length === 0 ? isOfAccess(permit) : permit.opcua.services.includes(service)) });
    } else asks.push({ text: `${operation.protocol} ${operation.name}`, passes: (permit) => (permit.named === null ? isOfAccess(permit) : permit.named.names.includes(operation.name)) });
  }
  if (asks.length === 0) asks.push({ text: 'service', passes: (permit) => permit.access.length === 0 && permit.named === null && (permit.modbus === null || permit.modbus.functionCodes.length === 0) && (permit.opcua?.services.length ?? 0) === 0 });
  return asks;
};

const servicePasses = (permit: Permit, conversation: Conversation): boolean =>
  (permit.service.transport === 'any' || permit.service.transport === conversation.transport) && (permit.service.ports.length === 0 || permit.service.ports.some((range) => range.first <= conversation.port && conversation.port <= range.last));

const isoMs = (ns: bigint): number => Number(ns / 1_000_000n);

const MAX_FAULTS = 50;

/** `loaded` is the proposal as written and read back. */
export const proveProposal = (loaded: LoadedSpec, set: ObservationSet): Proof => {
  const { zoneOfAsset, place } = readPlaces(loaded);
  const isRejected = (permit: Permit): boolean => permit.decision === 'rejected';
  const live = loaded.permits.map(({ permit }) => permit).filter((permit) => !isRejected(permit));
  const faults: ProofFault[] = [];
  const counts: Record<ProofFault['claim'], number> = { 'observed-permitted': 0, 'permitted-declared': 0, witness: 0 };
  const fault = (claim: ProofFault['claim'], subject: string, sentence: string): void => {
    counts[claim]++;
    if (faults.length < MAX_FAULTS) faults.push({ claim, subject, sentence });
  };
  const witnessOf = new Map<string, string>();
  let observedAsks = 0;
  let rejected = 0;
  let setAside = 0;
  const byPair = listsBy(loaded.permits.map(({ permit }) => permit), ({ from, to }) => `${from.zone}\n${to.zone}`);
  const asideText = new Map<string, number>();
  for (const entry of loaded.spec.set_aside ?? []) asideText.set(`${entry.client} ${entry.transport}`, Math.max(asideText.get(`${entry.client} ${entry.transport}`) ?? 0, Date.parse(entry.last_seen)));

  for (const conversation of set.conversations) {
    if (staysOnLink(conversation.transport) || isGroup(conversation.client) || isGroup(conversation.server)) continue;
    const client = place(conversation.client);
    const server = place(conversation.server);
    if (client !== null && client.zone === server?.zone) continue;
    const candidates = client === null || server === null ? [] : (byPair.get(`${client.zone}\n${server.zone}`) ?? []).filter((permit) => endHolds(permit.from, client, conversation.client) && endHolds(permit.to, server, conversation.server) && servicePasses(permit, conversation));
    const asks = asksOf(conversation);
    const aside = isoMs(conversation.lastNs) <= (asideText.get(`${conversation.client} ${conversation.transport}`) ?? -1);
    const named = asks.map((ask) => candidates.filter((permit) => ask.passes(permit)));
    const passing = named.map((list) => list.filter((permit) => !isRejected(permit)));
    if (aside && passing.some((list) => list.length === 0)) {
      setAside++;
      continue;
    }
    observedAsks += asks.length;
    for (const [i, list] of passing.entries()) {
      const subject = `${conversation.client} -> ${conversation.server} ${conversation.transport}/${conversation.port} ${asks[i].text}`;
      if (list.length === 0 && named[i].length > 0) rejected++;
      else if (list.length === 0) fault('observed-permitted', subject, 'was seen, is not set aside, and no Permit lets it through');
      const alone = list.filter((permit) => !permit.conditions.onDemand);
      // What is pending may be rejected: then it does not stand beside what is approved.
      const decided = alone.filter((permit) => permit.decision !== 'pending');
      if (alone.length === 1) witnessOf.set(alone[0].id, subject);
      else if (decided.length === 1) witnessOf.set(decided[0].id, subject);
      else if (alone.length === 0 && list.length === 1) witnessOf.set(list[0].id, subject);
    }
  }

  const conduits = new Map(loaded.spec.conduits.map((conduit) => [conduit.conduit_id, conduit]));
  let insurance = 0;
  let elsewhere = 0;
  const firstMs = set.sensor.firstNs === null ? 0 : isoMs(set.sensor.firstNs);
  for (const permit of live) {
    const conduit = conduits.get(permit.conduit);
    if (conduit === undefined || !conduit.connects.includes(permit.from.zone) || !conduit.connects.includes(permit.to.zone) || permit.from.zone === permit.to.zone) fault('permitted-declared', permit.id, 'its ends are not two zones that its conduit connects');
    for (const end of [permit.from, permit.to]) for (const id of end.assets) if (zoneOfAsset.get(id) !== end.zone) fault('permitted-declared', permit.id, `${id} is not declared in ${end.zone}`);
    const rules = permit.evidence?.generalisedBy ?? [];
    if ((permit.evidence?.neverSeen ?? 0) > 0 && rules.length === 0) fault('permitted-declared', permit.id, 'lets through what was never seen, and names no rule for it');
    if (witnessOf.has(permit.id)) continue;
    if (permit.conditions.onDemand || (permit.evidence?.days === 0 && rules.length > 0)) insurance++;
    else if (permit.evidence === null || Date.parse(permit.evidence.lastSeen ?? '') < firstMs) elsewhere++;
    else fault('witness', permit.id, 'no observed request would break without it');
  }
  return {
    holds: faults.length === 0, faults, observedAsks, rejected, setAside, permits: live.length, witnessed: witnessOf.size, insurance, elsewhere,
    lines: [
      `observed: ${plural(observedAsks, 'request')} of different kinds, ${observedAsks - rejected - counts['observed-permitted']} let through, ${rejected} rejected by decision, ${counts['observed-permitted']} neither; ${plural(setAside, 'conversation')} set aside by name`,
      `declared: ${plural(live.length, 'Permit')}${live.length === loaded.permits.length ? '' : ` and ${loaded.permits.length - live.length} rejected`}, ${plural(counts['permitted-declared'], 'fault')} in what they say of their zones and of what was seen`,
      `needed: ${plural(witnessOf.size, 'Permit')} with a witness that breaks without them, ${insurance} that stand for a partner or on demand, ${elsewhere === 0 ? '' : `${elsewhere} by a person's word or an earlier capture, `}${counts.witness} idle`,
    ],
  };
};
