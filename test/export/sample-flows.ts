/** Connections at and beside every boundary of a plan: each asset's first and last address and their neighbours, each port, requests at each range's ends. */
import type { Plan } from '../../src/export/exporter.ts';
import { formatAddress } from '../../src/export/ip-notation.ts';
import type { ModbusRequest } from '../../src/export/modbus/request.ts';
import { requiredModbus } from '../../src/export/modbus/scope.ts';
import type { Flow } from '../../src/export/permit-judge.ts';

const addressesOf = (plan: Plan): string[] => {
  const texts = new Set<string>(['203.0.113.9', '2001:db8::9']);
  for (const zone of plan.zones)
    for (const span of [...zone.networks, ...zone.assets.flatMap((asset) => asset.addresses)])
      for (const value of [span.first, span.last, span.first - 1n, span.last + 1n]) texts.add(formatAddress(span.family, value));
  return [...texts];
};

/** Function codes a request can be made for, and one that no standard names. */
const CODES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 20, 22, 23, 24, 43, 65];

export const sampleRequests = (plan: Plan): ModbusRequest[] => {
  const starts = new Set<number>([0, 65534]);
  const units = new Set<number>([0, 3, 254]);
  for (const { permit } of plan.permits) {
    for (const range of permit.modbus?.ranges ?? []) for (const value of [range.first - 1, range.first, range.last, range.last + 1]) if (value >= 0 && value <= 65535) starts.add(value);
    for (const unit of permit.modbus?.unitIds ?? []) units.add(unit);
  }
  return CODES.flatMap((functionCode) =>
    [...units].flatMap((unit) => [...starts].flatMap((start) => [1, 2].map((quantity) => ({ unit, functionCode, start, quantity: [5, 6, 22, 24].includes(functionCode) ? 1 : quantity })))),
  ).filter((request) => request.start + request.quantity <= 65536);
};

export const sampleFlows = function* (plan: Plan): Generator<Flow> {
  const addresses = addressesOf(plan);
  const services = new Map<string, { transport: string; port: number }>();
  for (const { permit } of plan.permits) {
    const { transport, ports } = permit.service;
    if (!/^(tcp|udp|icmp)$/.test(transport)) continue;
    for (const { first, last } of ports) for (const port of [first, last, last + 1]) services.set(`${transport} ${port}`, { transport, port });
    if (ports.length === 0) services.set(transport, { transport, port: 0 });
  }
  for (const client of addresses)
    for (const server of addresses) {
      if (client.includes(':') !== server.includes(':') || client === server) continue;
      for (const service of services.values()) yield { client, server, ...service, modbus: null };
    }
};

/** Modbus requests between the ends of every span of every Permit that restricts Modbus, each pair once. */
export const sampleModbusFlows = function* (plan: Plan): Generator<Flow> {
  const requests = sampleRequests(plan);
  const pairs = new Map<string, { client: string; server: string; port: number }>();
  for (const { permit, client, server } of plan.permits) {
    if (requiredModbus(permit) === null) continue;
    const port = permit.service.ports[0]?.first ?? 0;
    for (const from of client)
      for (const to of server)
        for (const source of [from.first, from.last])
          for (const target of [to.first, to.last])
            if (from.family === to.family) {
              const pair = { client: formatAddress(from.family, source), server: formatAddress(to.family, target), port };
              pairs.set(JSON.stringify(pair), pair);
            }
  }
  for (const pair of pairs.values()) for (const modbus of requests) yield { ...pair, transport: 'tcp', modbus };
};
