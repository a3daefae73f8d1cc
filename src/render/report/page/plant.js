// The embedded data as records by position (render/report/page-data.ts writes it).

export let data = null;
let byAsset = null;
let byCrossing = null;

/** The data of this page, or of its successor when the store has changed. */
export function takeData(text) {
  data = JSON.parse(text);
  byAsset = null;
  byCrossing = null;
}

takeData(document.getElementById('report-data').textContent);

export const STANDINGS = ['permitted', 'not all declared', 'within the zone', 'set aside', 'not judged'];
export const ACCESSES = ['browse', 'read', 'diagnose', 'write', 'control', 'program'];
const DIRECTIONS = ['the protocol itself', 'the TCP handshake', 'a server known before', 'the port numbers', 'who was heard first'];

export const word = (index) => data.words[index] ?? '';

export function conversationAt(position) {
  const one = data.conversations[position];
  if (one === undefined) return null;
  const [client, server, fromZone, toZone, clientAddress, serverAddress, protocol, transport, port, toServer, toClient, bytes, requests, sessions, first, lasted, days, standing, directionBy, confidence, operations, operationsMore, facts] = one;
  return {
    position, client, server, fromZone, toZone, clientAddress: word(clientAddress), serverAddress: word(serverAddress), protocol: data.protocols[protocol] ?? word(transport), transport: word(transport), port,
    toServer, toClient, bytes, requests, sessions, first: data.baseMinute + first, last: data.baseMinute + first + lasted, days, standing, direction: DIRECTIONS[directionBy], confidence: confidence / 100,
    operations: operations.map(operationOf), operationsMore, facts: facts.map(word),
  };
}

function operationOf([shape, requests, errors, ...counts]) {
  const [name, access, unit, code, flat, rangesMore, targets] = data.shapes[shape];
  const ranges = [];
  for (let i = 0; i < flat.length; i += 3) ranges.push({ write: flat[i] === 1, first: flat[i + 1], last: flat[i + 2], requests: counts[i / 3] ?? requests });
  return { name: word(name), access, unit, code, requests, errors, ranges, rangesMore, targets: targets.map(word) };
}

export function assetAt(index) {
  const one = data.assets[index];
  if (one === undefined) return null;
  const [id, label, zone, declaredRole, seenRole, level, confidence, vendor, addresses, macs, names, evidence, placement, runnerUp, notes, declared, week, packets, first, last] = one;
  return {
    index, id, label, zone, declaredRole: word(declaredRole), seenRole: word(seenRole), level, confidence: confidence === null ? null : confidence / 100, vendor: word(vendor), addresses, macs, names,
    evidence: evidence.map(([points, sentence]) => ({ points, sentence: word(sentence) })), placement: word(placement), runnerUp: word(runnerUp), notes: notes.map(word), declared: declared === 1, week, packets, first, last,
  };
}

/** Positions of the conversations of an asset; indexed when first asked for. */
export function conversationsOf(asset) {
  if (byAsset === null) {
    byAsset = new Map();
    data.conversations.forEach(([client, server], position) => {
      for (const one of client === server ? [client] : [client, server]) {
        if (one < 0) continue;
        const held = byAsset.get(one);
        if (held === undefined) byAsset.set(one, [position]);
        else held.push(position);
      }
    });
  }
  return byAsset.get(asset) ?? [];
}

/** Positions of the conversations from clients of one zone to servers of another. */
export function conversationsBetween(from, to) {
  if (byCrossing === null) {
    byCrossing = new Map();
    data.conversations.forEach(([, , fromZone, toZone], position) => {
      const key = `${fromZone} ${toZone}`;
      const held = byCrossing.get(key);
      if (held === undefined) byCrossing.set(key, [position]);
      else held.push(position);
    });
  }
  return byCrossing.get(`${from} ${to}`) ?? [];
}

export const crossingAt = (index) => {
  const [from, to, conversations, packets, bytes, permits, undeclared, findings, conduit, setAside] = data.crossings[index];
  return { index, from, to, conversations, packets, bytes, permits, undeclared, findings, conduit, setAside };
};

export const zoneName = (index) => data.zones[index]?.id ?? 'nobody';
export const assetName = (index, address) => (index >= 0 ? data.assets[index][0] : address);
