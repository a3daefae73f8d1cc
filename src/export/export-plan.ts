/**
 * One export from end to end, still pure: chooses the devices, gives each its part of the plan, runs the exporter,
 * and adds the loss report, the rollback text and the README. In: target name, plan, options. Out: files to write.
 * When a filtering target would let through more than the Permits say and nobody allowed it, the result holds the
 * loss report and no configuration: a rule base that is wider in silence is worse than none.
 */
import { usageError } from '../errors.ts';
import { firstBy } from '../net/multi-map.ts';
import { isLive } from '../policy/spec/permits.ts';
import { refuseSharedInterfaces } from './device-zones.ts';
import type {
  DeviceExport, DevicePlan, ExportFile, Exporter, ExportOptions, LossRow, Mode, Plan, PlanConduit, PlanDevice,
} from './exporter.ts';
import { notEnforceable } from './loss.ts';
import { LOSS_JSON, lossJson, lossMarkdown, readmeMarkdown } from './loss-report.ts';
import { explainRanges } from './negotiated-range.ts';
import { passingBy, withPassingBy, type PassingBy } from './passing-by.ts';
import { nameScope } from './vendor-name.ts';

export interface ExportResult {
  readonly target: string;
  readonly mode: Mode;
  readonly files: readonly ExportFile[];
  readonly losses: readonly LossRow[];
  /** Permits that would have been wider; not empty only when the configuration was held back. */
  readonly refused: readonly string[];
  /** The files of that configuration: what stands there under their names is of an earlier export. */
  readonly heldBack: readonly string[];
  /** Conduits whose traffic the device does not see. */
  readonly passingBy: readonly PassingBy[];
}

const defaultMode = (exporter: Exporter, plan: Plan): Mode => {
  const wanted = plan.conduits.length > 0 && plan.conduits.every((conduit) => conduit.mode === 'enforce') ? 'enforce' : 'monitor';
  return exporter.modes.includes(wanted) ? wanted : (exporter.modes[0] ?? wanted);
};

const touches = (device: PlanDevice, conduit: PlanConduit): boolean =>
  conduit.connects.every((zone) => device.interfaces.some((port) => port.zone === zone));

const isOn = (device: PlanDevice, conduit: PlanConduit): boolean =>
  conduit.enforcedBy.length > 0 ? conduit.enforcedBy.includes(device.id) : touches(device, conduit);

/** The devices of the spec that this target writes for, or one that stands in for all when the spec names none. */
const devicesFor = (exporter: Exporter, plan: Plan, options: ExportOptions): { device: PlanDevice; conduits: readonly PlanConduit[] }[] => {
  const own = plan.devices.filter((device) => exporter.platforms.includes(device.platform));
  if (own.length === 0 || options.allConduits === true)
    return [{ device: { id: exporter.name, platform: '', interfaces: [], syslog: null }, conduits: plan.conduits }];
  if (!exporter.capabilities.onLink) own.forEach(refuseSharedInterfaces);
  return own.map((device) => ({ device, conduits: plan.conduits.filter((conduit) => isOn(device, conduit)) }));
};

const devicePlan = (plan: Plan, device: PlanDevice, conduits: readonly PlanConduit[], mode: Mode): DevicePlan => {
  const ids = new Set(conduits.map(({ id }) => id));
  return { ...plan, device, mode, conduits, permits: plan.permits.filter((entry) => ids.has(entry.permit.conduit)) };
};

const elsewhere = (plan: Plan, covered: ReadonlySet<string>, exporter: Exporter): LossRow[] => {
  const conduitOf = firstBy(plan.conduits, ({ id }) => id);
  return plan.permits
    .filter((entry) => !covered.has(entry.permit.conduit))
    .map((entry) => {
      const by = conduitOf.get(entry.permit.conduit)?.enforcedBy ?? [];
      return notEnforceable(
        entry.permit,
        '',
        by.length > 0
          ? `the spec gives conduit ${entry.permit.conduit} to ${by.join(', ')}, not to a ${exporter.name} device (--all-conduits exports it all the same)`
          : `no ${exporter.name} device of the spec stands in conduit ${entry.permit.conduit}: name it in enforced_by`,
      );
    });
};

/** Permits of a rejected decision let nothing through: they are not part of any configuration. */
const standing = (plan: Plan): Plan => ({ ...plan, permits: plan.permits.filter((entry) => isLive(entry.permit)) });

export const exportPlan = (exporter: Exporter, wholePlan: Plan, options: ExportOptions = {}): ExportResult => {
  const plan = standing(wholePlan);
  const mode = options.mode ?? defaultMode(exporter, plan);
  if (!exporter.modes.includes(mode))
    throw usageError(`${exporter.name} has no ${mode} mode`, `Use --mode ${exporter.modes.join(' or --mode ')}.`);
  const parts = devicesFor(exporter, plan, options).map(({ device, conduits }) => ({
    device,
    conduits,
    built: exporter.build(devicePlan(plan, device, conduits, mode), options),
  }));
  const conduits = [...new Set(parts.flatMap((part) => part.conduits))];
  const built = parts.flatMap((part) => part.built.losses);
  const links = passingBy(exporter, plan, conduits, built);
  const losses = explainRanges(exporter, plan.permits, [...withPassingBy(built, links), ...elsewhere(plan, new Set(conduits.map((conduit) => conduit.id)), exporter)]);
  const wider = [...new Set(losses.filter((row) => row.verdict === 'widened').map((row) => row.permit))];
  const refused = exporter.filters && mode === 'enforce' && options.allowWider !== true ? wider : [];
  const reports: ExportFile[] = [
    { path: 'loss-report.md', content: lossMarkdown(exporter, mode, losses, refused, links, plan.evidenceLosses) },
    { path: LOSS_JSON, content: lossJson(exporter, mode, losses, refused, links, plan.evidenceLosses) },
  ];
  const whole = configuration(exporter, plan, mode, parts, links);
  const files = refused.length > 0 ? reports : [...whole, ...reports];
  return {
    target: exporter.name,
    mode,
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    losses,
    refused,
    heldBack: refused.length > 0 ? whole.map((file) => file.path) : [],
    passingBy: links,
  };
};

const configuration = (
  exporter: Exporter,
  plan: Plan,
  mode: Mode,
  parts: readonly { readonly device: PlanDevice; readonly built: DeviceExport }[],
  links: readonly PassingBy[],
): ExportFile[] => {
  const folders = nameScope({ maxLength: 60, punctuation: '_-' });
  const files: ExportFile[] = [];
  const sections = parts.map(({ device, built }) => {
    const folder = parts.length > 1 ? `${folders.nameOf(device.id, device.id)}/` : '';
    files.push(...built.files.map((file) => ({ ...file, path: `${folder}${file.path}` })));
    const rollback = `${folder}rollback.txt`;
    if (built.rollback.length > 0) files.push({ path: rollback, content: `${built.rollback.join('\n')}\n` });
    return { device: device.id, checks: built.checks ?? [], apply: built.apply, notes: built.notes, rollback };
  });
  return [...files, { path: 'README.md', content: readmeMarkdown(exporter, mode, plan.facility, plan.provenance, sections, links) }];
};
