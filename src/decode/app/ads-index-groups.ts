/**
 * What the ADS commands Write and Read Write are for: their index group says it (Beckhoff Information System, "Specification Index-group/
 * offset of ADS devices", "ADS Sum Command"; AdsDef.h and RegistryAccess.h of Beckhoff's own ADS library). Who only looks up a symbol or
 * reads several at once sends Read Write as well. In: the data of a request. Out: an operation code, its name and access. Read needs none:
 * it only reads, whatever its group.
 */
import type { Access } from '../../observation.ts';

const WRITE = 3;
export const READ_WRITE = 9;
/** The port of a router's system service: files, registry and processes of the controller itself. */
const SYSTEM_SERVICE = 10000;

const GROUP = { handleByName: 0xf003, releaseHandle: 0xf006, infoByName: 0xf007, infoByNameEx: 0xf009, dataTypeByName: 0xf011, sumWrite: 0xf081, sumReadWrite: 0xf082 } as const;
const LOOKS_UP = new Set<number>([GROUP.handleByName, GROUP.infoByName, GROUP.infoByNameEx, GROUP.dataTypeByName]);
const RELEASES = new Set<number>([GROUP.releaseHandle]);

/** Index group, index offset, and what is asked of them: Write has one length; Read Write two, and its data behind them. */
const AT = { group: 0, offset: 4 } as const;
const DATA = { [WRITE]: 12, [READ_WRITE]: 16 } as const;
/** What a sum command begins with, once for each of its parts; how many there are is its index offset. */
const PART = { [GROUP.sumWrite]: 12, [GROUP.sumReadWrite]: 16 } as const;
/** Beckhoff advises 500 parts at most. */
const MOST_PARTS = 4096;

/** Codes of our own above the commands: the command in the lowest four bits, the group above them. */
const codeOf = (command: number, group: number): number => command | (group << 4);
const OF_SYSTEM_SERVICE = 1 << 28;
/** In place of a group: a sum command whose parts do nothing but look up, or release, what parts like them name. */
const ONLY_HANDLES = 0xffff;

const PURPOSES = new Map<number, readonly [string, Access]>([
  [codeOf(WRITE, GROUP.releaseHandle), ['Release Symbol Handle', 'browse']],
  [codeOf(READ_WRITE, GROUP.handleByName), ['Get Symbol Handle', 'browse']],
  [codeOf(READ_WRITE, 0xf004), ['Read Symbol by Name', 'read']],
  // The handle of a method: of a value it would be Read or Write.
  [codeOf(READ_WRITE, 0xf005), ['Call Method', 'control']],
  [codeOf(READ_WRITE, GROUP.infoByName), ['Get Symbol Information', 'browse']],
  [codeOf(READ_WRITE, GROUP.infoByNameEx), ['Get Symbol Information', 'browse']],
  [codeOf(READ_WRITE, GROUP.dataTypeByName), ['Get Data Type', 'browse']],
  [codeOf(READ_WRITE, 0xf080), ['Sum Read', 'read']],
  [codeOf(READ_WRITE, GROUP.sumWrite), ['Sum Write', 'write']],
  [codeOf(READ_WRITE, GROUP.sumReadWrite), ['Sum Read Write', 'write']],
  [codeOf(READ_WRITE, 0xf083), ['Sum Read', 'read']],
  [codeOf(READ_WRITE, 0xf084), ['Sum Read', 'read']],
  [codeOf(READ_WRITE, 0xf085), ['Sum Add Device Notification', 'read']],
  [codeOf(READ_WRITE, 0xf086), ['Sum Delete Device Notification', 'read']],
  [codeOf(READ_WRITE, ONLY_HANDLES), ['Sum Symbol Handles', 'browse']],
]);

/** The same for Write and Read Write. */
const SYSTEM_PURPOSES = new Map<number, readonly [string, Access]>([
  // Any group that is not listed: who asks the system service for more than a read may do anything to the controller.
  [0, ['System Service', 'program']],
  [120, ['File Open', 'program']],
  [121, ['File Close', 'program']],
  [122, ['File Read', 'program']],
  [123, ['File Write', 'program']],
  [131, ['File Delete', 'program']],
  [133, ['File Find', 'browse']],
  [500, ['Start Process', 'program']],
]);

/** Whether every part of a sum command asks one of these; all of them have to be there. */
const areParts = (view: DataView, at: number, to: number, count: number, octets: number, groups: ReadonlySet<number>): boolean => {
  if (count === 0 || count > MOST_PARTS || at + count * octets > to) return false;
  for (let i = 0; i < count; i++) if (!groups.has(view.getUint32(at + i * octets, true))) return false;
  return true;
};

/**
 * The operation that a request asks for: its command, or the command with what its index group tells.
 * @param to end of the data that is there
 * @param isCut whether the capture cut it off there
 * @returns -1 where what tells it was cut off
 */
export function groupAsked(view: DataView, at: number, to: number, isCut: boolean, command: number, port: number): number {
  if (command !== WRITE && command !== READ_WRITE) return command;
  const data = at + DATA[command];
  if (data > to) return isCut ? -1 : command;
  const group = view.getUint32(at + AT.group, true);
  if (port === SYSTEM_SERVICE) return OF_SYSTEM_SERVICE | codeOf(command, SYSTEM_PURPOSES.has(group) ? group : 0);
  if (command === READ_WRITE && (group === GROUP.sumWrite || group === GROUP.sumReadWrite)) {
    const count = view.getUint32(at + AT.offset, true);
    const octets = PART[group];
    if (isCut && count <= MOST_PARTS && data + count * octets > to) return -1;
    if (areParts(view, data, to, count, octets, group === GROUP.sumWrite ? RELEASES : LOOKS_UP)) return codeOf(READ_WRITE, ONLY_HANDLES);
  }
  const code = group >= ONLY_HANDLES ? command : codeOf(command, group);
  return PURPOSES.has(code) ? code : command;
}

/** Name and access of a code that `groupAsked` made. */
export function purposeOf(code: number): readonly [string, Access] | undefined {
  if ((code & OF_SYSTEM_SERVICE) === 0) return PURPOSES.get(code);
  return SYSTEM_PURPOSES.get((code & ~OF_SYSTEM_SERVICE) >> 4);
}
