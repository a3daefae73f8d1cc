/**
 * Findings as SARIF 2.1.0 (OASIS), for tools that follow results from run to run: one rule per finding type, the spec's
 * file, line and column as location, the finding's id as fingerprint.
 */
import { FINDING_TYPES, type Finding, type Severity } from '../policy/diff/findings.ts';
import { jsonDocument } from './json.ts';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };

export function sarifLog(findings: readonly Finding[], losses: readonly string[], spec: string, version: string): string {
  return jsonDocument({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'baseline', version: version.replace(/^baseline /, ''), rules: FINDING_TYPES.map((id) => ({ id, shortDescription: { text: id.replaceAll('-', ' ') } })) } },
        // What was not seen cannot have been found: consumers show these beside the results (SARIF 2.1.0 clause 3.20.21).
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: losses.map((text) => ({ level: 'warning', message: { text } })) }],
        results: findings.map((finding) => ({
          ruleId: finding.type,
          level: LEVELS[finding.severity],
          message: { text: [finding.title, finding.detail, finding.remedy].filter((text) => text !== '').join(' ') },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(spec) },
                ...(finding.place === null ? {} : { region: { startLine: finding.place.line, startColumn: finding.place.column } }),
              },
            },
          ],
          partialFingerprints: { finding: finding.id },
          properties: { severity: finding.severity, client: finding.client, server: finding.server, service: finding.service, requirement: finding.requirement },
        })),
      },
    ],
  });
}
