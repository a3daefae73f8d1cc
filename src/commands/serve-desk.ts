/**
 * What `serve` does beside its door: makes the page anew from the store and the text of the spec, and changes that text.
 * In: where the store is; per call the spec's text. Out: a page, or the changed text. Writes nothing. It works in a
 * process of its own (serve-child.ts): a large plant takes it half a minute, and the door must answer meanwhile.
 */
import { BaselineError, specError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import { specIdOf } from '../infer/spec-id.ts';
import { withLogged } from '../policy/diff/logged.ts';
import { diffSpec } from '../policy/diff/diff.ts';
import { acceptFindings } from '../policy/edit/accept.ts';
import { editSpec, specEditSchema, type EditRefusal, type SpecChange, type SpecEdit } from '../policy/edit/edit.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import type { SpecAsset } from '../policy/spec/schema.ts';
import { assembleReport, type Report } from '../render/report/assemble.ts';
import { contentPolicy, reportHtml } from '../render/report/html.ts';
import type { PlantIndex } from '../render/report/plant-index.ts';
import { zoneCount } from '../render/report/zone-records.ts';
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
export type Refusal = EditRefusal;

export interface Desk {
  draw(specText: string | null): DrawnPage | Refusal;
  /** @param wanted a SpecEdit, as far as the page is to be believed */
  edit(specText: string, wanted: unknown): SpecChange | Refusal;
}

export const pageKey = (revision: number, spec: string | null): string => `${revision}-${spec?.slice(0, 16) ?? 'proposal'}`;

export function openDesk({ storePath, specFile, tool, commandLine }: DeskSetting): Desk {
  let reading: StoreReading | null = null;
  let plant: PlantIndex | null = null;
  const decideFinding = (loaded: LoadedSpec, { finding: id, decision, owner, decidedOn, reason }: Extract<SpecEdit, { kind: 'decide-finding' }>): SpecChange | Refusal => {
    const { set, attempts } = reading ?? readForReport(storePath);
    const finding = diffSpec(loaded, set, { logged: attempts }).find((one) => one.id === id);
    if (finding === undefined) return { problem: `there is no finding ${id} any more`, remedy: 'reload the page' };
    const { text, results } = acceptFindings(loaded.text, withLogged(set, attempts), [finding], { decision, owner, decidedOn, purpose: reason });
    const [{ done, sentence }] = results;
    return done ? { text, sentence: `${finding.title}: ${sentence}` } : { problem: sentence, remedy: finding.remedy };
  };
  return {
    edit: (specText, wanted) => refusing(() => {
      const parsed = specEditSchema.safeParse(wanted, { jitless: true });
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0];
        return { problem: `this edit cannot be made: ${[...path, message].join(' ')}`, remedy: 'correct the field' };
      }
      const edit = parsed.data;
      return edit.kind === 'decide-finding' ? decideFinding(loadText(specText, specFile ?? ''), edit) : editSpec(specText, edit, (asset) => entryOf(plant, asset));
    }),
    draw: (specText) => refusing(() => {
      const declared = specText === null || specFile === null ? null : loadText(specText, specFile);
      const revision = readFromStore(storePath, readRevision);
      if (reading === null || reading.revision !== revision) reading = readForReport(storePath);
      const input = gatherReport({ storePath, declared, tool, commandLine, progress: () => undefined }, reading);
      plant = input.plant;
      const report: Report = assembleReport(input);
      const spec = specText === null ? null : digestOf(specText);
      const { zones, assets, findings } = report.model;
      return {
        html: [...reportHtml({ ...report, input }, { report: pageKey(reading.revision, spec), spec })].join(''),
        policy: contentPolicy(true),
        revision: reading.revision,
        spec,
        isCapturing: reading.status.captures.some(({ state }) => state === 'running'),
        sentence: `${plural(zoneCount(zones), 'zone')}, ${plural(assets.length, 'asset')}, ${plural(findings.length, 'finding')}`,
      };
    }),
  };
}

/** An asset that was seen and stands in no zone by itself, as the spec would write it. */
function entryOf(plant: PlantIndex | null, asset: string): SpecAsset | null {
  const held = plant?.assets.find(({ id, declared }) => id === asset && declared === null);
  if (held === undefined) return null;
  const ip = [...new Set(held.seen.flatMap(({ addresses }) => addresses))];
  // Behind a router every device shows the router's MAC.
  const mac = [...new Set(held.seen.flatMap(({ macs, behindRouter }) => (behindRouter ? [] : macs)))];
  return { asset_id: specIdOf(held.id, 'asset'), ...(ip.length === 0 ? {} : { ip }), ...(mac.length === 0 ? {} : { mac }) };
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
