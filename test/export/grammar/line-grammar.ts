/**
 * A strict grammar of a line-oriented configuration: which lines may stand at the top, which under which head, with which
 * indentation. Everything else is a problem. `strict` patterns are anchored here; each vendor's file lists its own.
 */
export interface Section {
  /** Anchored pattern of the head line. */
  readonly head: string;
  /** Anchored patterns of the lines below it, without their indentation. */
  readonly body: readonly string[];
  /** Patterns of which one has to be in the body. */
  readonly needs?: readonly string[];
}

const anchored = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

/** `indent` stands in front of every body line, exactly. Comments are allowed anywhere. */
export const lineProblems = (text: string, sections: readonly Section[], tops: readonly string[], indent: string, comment: RegExp): string[] => {
  const problems: string[] = [];
  if (!text.endsWith('\n')) problems.push('the file does not end with a newline');
  let open: Section | null = null;
  let seen: string[] = [];
  const close = (): void => {
    for (const need of open?.needs ?? []) if (!seen.some((line) => anchored(need).test(line))) problems.push(`a section lacks ${need}: ${open?.head ?? ''}`);
    open = null;
    seen = [];
  };
  text.slice(0, -1).split('\n').forEach((line, index) => {
    const where = `line ${index + 1}: ${line}`;
    if (/[^\x20-\x7e]/.test(line)) problems.push(`not printable ASCII, ${where}`);
    if (/\s$/.test(line)) problems.push(`trailing space, ${where}`);
    if (comment.test(line)) return;
    if (line.startsWith(' ')) {
      const body = line.slice(indent.length);
      if (open === null || !line.startsWith(indent) || body.startsWith(' ') || !open.body.some((pattern) => anchored(pattern).test(body))) problems.push(`not allowed here, ${where}`);
      seen.push(body);
      return;
    }
    close();
    open = sections.find((section) => anchored(section.head).test(line)) ?? null;
    if (open === null && !tops.some((pattern) => anchored(pattern).test(line))) problems.push(`not known, ${where}`);
  });
  close();
  return problems;
};

/** Names used but not defined, and defined twice. */
export const referenceProblems = (kind: string, defined: readonly string[], used: readonly string[]): string[] => [
  ...[...new Set(used)].filter((name) => !defined.includes(name)).map((name) => `${kind} ${name} is used and not defined`),
  ...defined.filter((name, index) => defined.indexOf(name) !== index).map((name) => `${kind} ${name} is defined twice`),
  ...[...new Set(defined)].filter((name) => !used.includes(name)).map((name) => `${kind} ${name} is defined and not used`),
];

export const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
export const IPV4 = `${BYTE}(?:\\.${BYTE}){3}`;
export const IPV6 = '[0-9a-f:]*:[0-9a-f:]+';
const MASK_BYTES = ['0', '128', '192', '224', '240', '248', '252', '254', '255'];
/** Netmasks only: contiguous ones, then zeros. */
export const NETMASK = Array.from({ length: 33 }, (_, length) =>
  Array.from({ length: 4 }, (__, index) => MASK_BYTES[Math.max(0, Math.min(8, length - 8 * index))]).join('\\.'),
).join('|');
export const PORT = '(?:6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})';
