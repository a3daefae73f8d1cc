/**
 * What `serve` does beside its door: makes the page anew from the store and the text of the spec, and changes that text.
 * In: where the store is; per call the spec's text. Out: a page, or the changed text. Writes nothing. It works in a
 * process of its own (serve-child.ts): a large plant takes it half a minute, and the door must answer meanwhile.
 */
import { BaselineError, specError } from '../errors.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec-load.ts';
import { assembleReport, type Report } from '../render/report/assemble.ts';
import { contentPolicy, reportHtml } from '../render/report/html.ts';
import { readFromStore } from '../store/database.ts';
import { readRevision } from '../store/read-status.ts';
import { gatherReport, readForReport, type StoreReading } from './report-input.ts';
import { digestOf } from './spec-file.ts';

export interface DeskSetting {
  readonly storePath: string;
  /** Null: the proposal is shown, and nothing can be edited. */
  readonly specFile: string | null;
  readonly tool: string;
  readonly commandLine: string;
}

export interface DrawnPage {
  readonly html: string;
  readonly policy: string;
  readonly revision: number;
  /** SHA-256 of the spec's text. */
  readonly spec: string | null;
  readonly isCapturing: boolean;
  readonly sentence: string;
}

/** A mistake that the user can mend, as plain data. */
export interface Refusal {
  readonly problem: string;
  readonly remedy: string;
}

export interface Desk {
  draw(specText: string | null): DrawnPage | Refusal;
}

export const pageKey = (revision: number, spec: string | null): string => `${revision}-${spec?.slice(0, 16) ?? 'proposal'}`;

export function openDesk({ storePath, specFile, tool, commandLine }: DeskSetting): Desk {
  let reading: StoreReading | null = null;
  return {
    draw: (specText) => refusing(() => {
      const declared = specText === null || specFile === null ? null : loadText(specText, specFile);
      const revision = readFromStore(storePath, readRevision);
      if (reading === null || reading.revision !== revision) reading = readForReport(storePath);
      const input = gatherReport({ storePath, declared, tool, commandLine, progress: () => undefined }, reading);
      const report: Report = assembleReport(input);
      const spec = specText === null ? null : digestOf(specText);
      const { zones, assets, findings } = report.model;
      return {
        html: [...reportHtml({ ...report, input }, { report: pageKey(reading.revision, spec), spec })].join(''),
        policy: contentPolicy(true),
        revision: reading.revision,
        spec,
        isCapturing: reading.status.captures.some(({ state }) => state === 'running'),
        sentence: `${zones.length} zones, ${assets.length} assets, ${findings.length} findings`,
      };
    }),
  };
}

const loadText = (text: string, file: string): LoadedSpec => {
  const { loaded, problems } = parseSpec(text, file);
  if (loaded === null) throw specError(file, problems[0].line, problems[0].column, problems[0].message, problems[0].remedy);
  return loaded;
};

/** Mistakes of the user travel as data; a fault of ours stays an exception. */
function refusing<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof BaselineError) return { problem: error.message, remedy: error.remedy };
    throw error;
  }
}
