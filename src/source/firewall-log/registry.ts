/** Every firewall log we read, in the order in which a line is tried. A new one is a file and a row here. */
import { ciscoAsaLog } from './cisco-asa.ts';
import { fortiosLog } from './fortios.ts';
import type { LogFormat } from './log-entry.ts';
import { netfilterLog } from './netfilter.ts';
import { panosLog } from './panos.ts';
import { suricataLog } from './suricata-eve.ts';

export const LOG_FORMATS: readonly LogFormat[] = [ciscoAsaLog, fortiosLog, panosLog, netfilterLog, suricataLog];
