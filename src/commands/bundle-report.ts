/** The report in an evidence bundle. In: the packed store and the packed spec. Out: HTML, the same wherever it is made. */
import { usageError } from '../errors.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { REPORT, SPEC, STORE } from '../render/bundle/manifest.ts';
import { assembleReport } from '../render/report/assemble.ts';
import { reportHtml } from '../render/report/html.ts';
import type { CommandContext } from './command.ts';
import { gatherReport, type StoreReading } from './report-input.ts';

/** About the packed store and the packed spec, whatever they were called before. */
export function bundledReport(store: string, reading: StoreReading, declared: LoadedSpec | null, tool: string, { progress }: Pick<CommandContext, 'progress'>): string {
  const gathered = gatherReport({
    storePath: store,
    declared,
    tool,
    commandLine: `baseline report ${declared === null ? '' : `${SPEC} `}--db ${STORE} --out ${REPORT}`,
    progress,
  }, reading);
  const input = { ...gathered, storePath: STORE };
  return [...reportHtml({ ...assembleReport(input), input })].join('');
}

/** The spec of a bundle, which is known by its member's name. */
export function packedSpec(text: string): LoadedSpec {
  const { loaded, problems } = parseSpec(text, SPEC);
  if (loaded === null) throw usageError(`the spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  return loaded;
}
