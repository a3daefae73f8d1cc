/** IOS 15 and IOS XE on industrial switches: VLAN 1 to 4094, of which 1 and 1002 to 1005 are there and keep their names, port security 1 to 4097, dotted MAC addresses. */
import { all, lineProblems, type Section } from './line-grammar.ts';

const VLAN = '(?:409[0-4]|40[0-8]\\d|[1-3]\\d{3}|[1-9]\\d{0,2})';

const FIXED = '(?:1|100[2-5])';

const SECTIONS: readonly Section[] = [
  { head: `vlan (?!${FIXED}$)${VLAN}`, body: ['name [A-Za-z0-9][A-Za-z0-9_-]{0,31}'], needs: ['name .*'] },
  {
    head: 'interface (?:FastEthernet|GigabitEthernet|TenGigabitEthernet)(?:\\d+/)*\\d+',
    body: [
      'description [!-~][ -~]{0,199}', 'switchport mode (?:access|trunk)', `switchport access vlan ${VLAN}`, 'switchport nonegotiate',
      `switchport trunk native vlan ${VLAN}`, `switchport trunk allowed vlan ${VLAN}(?:,${VLAN})*`, 'switchport port-security',
      'switchport port-security maximum (?:409[0-7]|40[0-8]\\d|[1-3]\\d{3}|[1-9]\\d{0,2})', 'switchport port-security violation (?:protect|restrict|shutdown)',
      'switchport port-security mac-address (?:sticky|[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4})', 'spanning-tree portfast', 'spanning-tree bpduguard enable',
      'no cdp enable', 'no lldp transmit', 'no lldp receive', 'shutdown',
    ],
    needs: ['switchport mode .*'],
  },
];

const TOPS = ['errdisable recovery cause psecure-violation', 'errdisable recovery interval \\d+'];

export const iosProblems = (text: string): string[] => {
  const vlans = all(text, /^vlan (\d+)$/gm);
  const used = [...all(text, /access vlan (\d+)/g), ...all(text, /native vlan (\d+)/g), ...all(text, /allowed vlan (\S+)/g).flatMap((list) => list.split(','))];
  const names = all(text, /^ name (\S+)$/gm);
  return [
    ...lineProblems(text, SECTIONS, TOPS, ' ', /^ ?!/),
    // The unused ports are a file of their own: their VLAN stands in the main one.
    ...(vlans.length === 0 ? [] : used.filter((vlan) => !vlans.includes(vlan) && vlan !== '1').map((vlan) => `VLAN ${vlan} is used and not created`)),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `VLAN name ${name} stands twice`),
  ];
};
