/**
 * Captures on which we differ from the truth and the truth is wrong or says something else, with the proof by octets.
 * `skip`: which comparisons do not hold; all others still do.
 */
type Comparison = 'totals' | 'conversations' | 'pairs' | 'modbus' | 'modbus-ranges' | 'opcua' | 'reader';

interface Proof {
  readonly why: string;
  readonly skip: readonly Comparison[];
}

/** A fraction field of a million or more: tshark multiplies it by 1,000 in 32 bits and prints what overflowed. */
const FRACTION = 'the microseconds field is not below 1,000,000, and what tshark prints has overflowed 32 bits';

const fuzz = (id: string, why: string): [string, Proof] => [
  `malformed/pcapplusplus--clusterfuzz-testcase-minimized-FuzzTarget-${id}`,
  { why, skip: ['totals', 'conversations', 'pairs'] },
];

export const PROVEN: Readonly<Record<string, Proof>> = {
  ...Object.fromEntries([
    fuzz('5114733584449536', FRACTION),
    fuzz('5468403752632320', FRACTION),
    fuzz('5766939894087680', FRACTION),
    fuzz('5421416466481152', FRACTION),
    fuzz('5654053026791424', FRACTION),
    fuzz('5196221831708672', `${FRACTION}; the original length 0xff14fefe is cut to 2,147,483,647 by tshark`),
    fuzz('6604968558198784', `${FRACTION}; the original length 0xff202020 is cut to 2,147,483,647 by tshark`),
  ]),
  'ip/malcolm--DHCP.pcap': { why: 'record 72 has 0xfffbe770 microseconds; tshark prints a negative year 1918', skip: ['totals'] },
  'malformed/tcpdump--timestamp_invalid_micro.pcap': { why: FRACTION, skip: ['totals', 'conversations', 'pairs'] },
  'malformed/tcpdump--rx_serviceid_oobr.pcap': { why: FRACTION, skip: ['totals', 'conversations', 'pairs'] },
  'ip/tcpdump--arista_ether.pcap': {
    why: 'four more frames carry the 48-bit form of the timestamp header (version 0x0120), which tshark 4.0 stops at and tcpdump reads',
    skip: ['conversations', 'pairs'],
  },
  'ip/zeek--pbb-recursive-frames.pcapng': { why: 'more than 32 nested service tags: we stop there and count it (vlan.too-many-tags)', skip: ['conversations', 'pairs'] },
  'modbus/arkime--modbus.pcap': {
    why: 'six requests have a quantity of 0 (frames of 192.168.66.235): tshark names no range, we their first address, so that none stands for all',
    skip: ['modbus-ranges'],
  },
  'malformed/suricata-verify--bug-6875-01__fuzz.pcap': {
    why: 'the record at octet 228 announces 1,409,179,648 octets; tshark takes the file for a variant with other header sizes and reads one more before it gives up',
    skip: ['reader'],
  },
  'malformed/tcpdump--atm-heapoverflow.pcap': { why: 'SunATM: tshark takes its four-octet pseudo header off the length', skip: ['totals'] },
  'malformed/tcpdump--atm-oam-heapoverflow.pcap': { why: 'SunATM: tshark takes its four-octet pseudo header off the length', skip: ['totals'] },
  'malformed/tcpdump--atm-oam-loopback-print-overrun.pcap': { why: `SunATM pseudo header; ${FRACTION}`, skip: ['totals'] },
};
