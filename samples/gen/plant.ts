/**
 * The sample plant: Millbrook water treatment works, one flat network 10.20.0.0/16 as many old plants have it.
 * Three process cells, a chlorine safety system, supervision, operations, DMZ and an office share it; that is the point.
 * Addresses and names are invented; vendor prefixes (OUI) are real. "Internet" hosts use documentation addresses (RFC 5737).
 */
import type { Host } from './timeline.ts';

const TTL = { controller: 64, windows: 128, linux: 64, throughRouter: 52 } as const;

const host = (name: string, ip: string, mac: string, isFieldSide: boolean, ttl: number): Host => ({ name, ip, mac, isFieldSide, ttl });
const field = (name: string, ip: string, mac: string, ttl: number = TTL.controller): Host => host(name, ip, mac, true, ttl);
const central = (name: string, ip: string, mac: string, ttl: number = TTL.windows): Host => host(name, ip, mac, false, ttl);

const ROUTER_MAC = '00:1b:0c:4e:77:01';
/** A host behind the router: its frames carry the router's link address. */
const remote = (name: string, ip: string): Host => host(name, ip, ROUTER_MAC, false, TTL.throughRouter);

export const PLANT = {
  // cell A: raw water intake
  plcA: field('PLC-A1', '10.20.4.17', '00:80:f4:0b:31:92'),
  ioA: field('RIO-A1', '10.20.4.52', '00:30:de:40:9c:11'),
  hmiA: field('HMI-A', '10.20.7.31', 'c4:00:ad:5e:10:2f', TTL.windows),
  // cell B: filtration
  plcB: field('PLC-B1', '10.20.4.63', '28:63:36:a1:70:0e'),
  ioB: field('RIO-B1', '10.20.4.71', '00:a0:45:7c:22:d8'),
  gatewayB: field('GW-B', '10.20.4.90', '00:90:e8:6b:04:55'),
  hmiB: field('HMI-B', '10.20.7.12', 'c4:00:ad:5e:13:80', TTL.windows),
  // cell C: disinfection
  plcC: field('PLC-C1', '10.20.4.118', '28:63:36:a1:74:c3'),
  ioC: field('RIO-C1', '10.20.4.120', '00:30:de:40:a0:7d'),
  hmiC: field('HMI-C', '10.20.7.44', 'c4:00:ad:5e:0f:91', TTL.windows),
  // chlorine safety system
  safety: field('SIS-C', '10.20.5.9', '00:e0:a1:02:5b:38'),
  safetyStation: field('SIS-EWS', '10.20.5.40', '18:03:73:c0:1a:6e', TTL.windows),
  // switches
  switch1: field('SW-CELLS', '10.20.1.2', '00:80:63:8d:22:00'),
  switch2: central('SW-CORE', '10.20.1.3', '00:80:63:8d:40:00', TTL.linux),
  // engineering laptop, plugged into the cell switch when needed
  laptop: field('EWS-LAPTOP', '10.20.8.77', '54:e1:ad:31:f0:0b', TTL.windows),
  // supervision and operations
  scada: central('SCADA-1', '10.20.2.10', '00:50:56:8a:21:10'),
  historian: central('HIST-1', '10.20.2.20', '00:50:56:8a:21:20'),
  opcua: central('OPCUA-1', '10.20.2.25', '00:50:56:8a:21:25'),
  domain: central('DC-1', '10.20.2.5', '00:50:56:8a:21:05'),
  monitor: central('NMS-1', '10.20.2.6', '00:50:56:8a:21:06', TTL.linux),
  // DMZ
  replica: central('DMZ-HIST', '10.20.9.20', '00:50:56:8a:90:20'),
  patch: central('DMZ-PATCH', '10.20.9.30', '00:50:56:8a:90:30'),
  jump: central('DMZ-JUMP', '10.20.9.40', '00:50:56:8a:90:40'),
  // office
  officeDomain: central('ENT-DC', '10.20.40.5', '10:98:36:b4:00:05'),
  office1: central('PC-0141', '10.20.40.51', '18:60:24:77:10:51'),
  office2: central('PC-0142', '10.20.40.52', '18:60:24:77:10:52'),
  office3: central('PC-0143', '10.20.40.53', '18:60:24:77:10:53'),
  office4: central('PC-0147', '10.20.40.57', '18:60:24:77:10:57'),
  // the device that nobody declared
  stranger: field('(unknown)', '10.20.6.66', 'b8:27:eb:4d:19:c2'),
  // Internet
  updateServer: remote('updates.vendor.example', '203.0.113.20'),
  newsSite: remote('www.news.example', '198.51.100.17'),
  mailHost: remote('mail.office.example', '198.51.100.80'),
} as const satisfies Record<string, Host>;

/** Monday 2 March 2026 to Sunday 15 March 2026 (UTC): two weeks. */
export const FIRST_MIDNIGHT_NS = 1_772_409_600_000_000_000n;
export const DAYS = 14;
const FIRST_WEEKDAY = 1;

export const isWeekend = (day: number): boolean => [0, 6].includes((day + FIRST_WEEKDAY) % 7);
