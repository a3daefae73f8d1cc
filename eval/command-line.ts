/** How the evaluations are called: `--flag value`, `--flag=value`, or `--flag` alone. */

const options = new Map<string, string>();
for (let i = 2; i < process.argv.length; i++) {
  const [flag, inline] = process.argv[i]!.replace(/^--/, '').split('=') as [string, string | undefined];
  const next = process.argv[i + 1];
  if (inline !== undefined) options.set(flag, inline);
  else if (next !== undefined && !next.startsWith('--')) options.set(flag, process.argv[++i]!);
  else options.set(flag, 'yes');
}

export const has = (flag: string): boolean => options.has(flag);
export const text = (flag: string, otherwise: string): string => options.get(flag) ?? otherwise;
export const number = (flag: string, otherwise: number): number => Number(options.get(flag) ?? otherwise);

/** `601-610`, `3,7,9-11`. */
export const seeds = (otherwise: string): number[] => text('seeds', otherwise).split(',').flatMap((part) => {
  const [from, to] = part.split('-').map(Number) as [number, number | undefined];
  return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
});

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
