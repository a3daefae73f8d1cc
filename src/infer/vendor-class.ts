/**
 * Organisation name (as the IEEE registry spells it) to the class of device that organisation mostly builds.
 * A class is a hint with few points, never proof: F-CPUs share the OUI of the PLC, panels that of the controller,
 * and refurbished or counterfeit cards lie. Unknown names give null.
 */

export type VendorClass =
  | 'controller'
  | 'safety'
  | 'rtu'
  | 'field-gateway'
  | 'network'
  | 'pc'
  | 'virtual'
  | 'industrial-pc'
  | 'panel'
  | 'mobile'
  | 'camera'
  | 'printer'
  | 'phone';

/** Whose devices control, without the vendors whose cards sit in gateways and switches as well. */
export const CONTROL_VENDORS: ReadonlySet<string | null> = new Set<VendorClass | null>(['controller', 'rtu', 'safety']);

/** Cards of computers, beside those that log on somewhere. */
export const COMPUTER_CARDS: ReadonlySet<string | null> = new Set<VendorClass | null>(['pc', 'virtual', 'industrial-pc']);

/** Cards of routers, modems and VPN boxes: who works with controllers from one stands behind it. */
export const ROUTER_CARDS: ReadonlySet<string | null> = new Set<VendorClass | null>(['network', 'rtu']);

/** Those, and of gateways to field buses, whose makers build VPN boxes as well. */
export const GATEWAY_CARDS: ReadonlySet<string | null> = new Set<VendorClass | null>(['network', 'rtu', 'field-gateway']);

/** First match wins: the narrower pattern stands first. */
const PATTERNS: readonly (readonly [RegExp, VendorClass])[] = [
  // Business units of automation groups that build something else.
  [/siemens.*(health|medical|home & office|enterprise comm|convergence|mobile)|nokia siemens|fujitsu siemens|omron health|rockwell collins|honeywell.*(video|security|life safety|fire)/, 'pc'],
  [/\bhima paul|\bhima\b.*gmbh|\bpilz\b|triconex|\binvensys\b(?!.*controls uk)|\bsilworx\b/, 'safety'],
  [/\bruggedcom|hirschmann (automation|auto|gmbh)|belden|westermo|\bcisco\b|fortinet|juniper|palo alto|check point|\baruba\b|brocade|extreme networks|ubiquiti|mikrotik|routerboard|huawei|d-link|tp-link|netgear|zyxel|allied tele|phoenix contact cyber|meraki|arista|sophos|watchguard|stormshield|ruckus|h3c/, 'network'],
  [/teltonika|sierra wireless|digi international|\bewon\b|secomea|insys|\bcradlepoint|robustel|\bhongdian/, 'rtu'],
  [/\bmoxa\b|lantronix|advantech b\+b|\bb\+b smartworx|hilscher|\bhms industrial|anybus|prosoft/, 'field-gateway'],
  [/weintek|pro-face|proface|digital electronics|\bexor\b|beijer|maple systems|uniop/, 'panel'],
  [/rockwell automation|allen-bradley|\bsiemens\b|schneider|modicon|telemecanique|\babb\b|\bomron\b|mitsubishi electric|yokogawa|honeywell|emerson|fisher-rosemount|rosemount|phoenix contact|\bwago\b|beckhoff|b&r ind|bernecker|koyo|automationdirect|opto ?22|ge fanuc|ge intelligent|general electric|fanuc|festo|turck|murrelektronik|keyence|hitachi ind|fuji electric|yaskawa|bosch rexroth|\blenze\b|danfoss|\bsew[- ]|bachmann electronic|sauter ag|schweitzer|foxboro|red lion|sixnet|\bsick ag|\bifm electronic|balluff|pepperl|endress|\bvega grie|krohne|delta electronics|inovance|panasonic industr|\bidec\b|unitronics|eaton|saia|\bjumo\b|landis|\bnovatel|\bbaumüller|baumuller|kuka|vipa|trumpf|toshiba mitsubishi|ls electric|lsis/, 'controller'],
  // Names as they stand in the registry: what GE built is Intelligent Platforms', what ABB built for grids is Hitachi Energy's.
  [/^intelligent platforms|\bge (energy|power management)|hitachi energy|hollysys|\bsupcon\b|woodward|valmet automation|bently nevada|opto-22|fisher controls|micro motion|horner electric|sprecher automation|ingeteam|\bnovatech, llc|beckwith electric|s&c electric|qualitrol|\barteche\b|meidensha|sma solar/, 'controller'],
  [/\btridium\b|johnson controls|\btrane\b|^carrier corp|distech controls|alerton|delta controls|reliable controls|loytec|kieback|^priva b\.v|automated logic/, 'controller'],
  [/kollmorgen|galil motion|trio motion|control techniques|invertek|\bvacon\b|^nidec (asi|avtron|leroy)|parker hannifin|universal robots|\bstaubli\b|\bcomau\b|bürkert|^smc corp/, 'controller'],
  [/advantech|kontron|axiomtek|\bnexcom|\baaeon|congatec|\bsyslogic|portwell|\bdfi\b|iei integration|\bibase|\bmatrox/, 'industrial-pc'],
  [/vmware|microsoft|xensource|qemu|red hat|nutanix|parallels|proxmox|oracle virtualbox|pcs systemtechnik/, 'virtual'],
  [/zebra tech|symbol tech|honeywell scanning|datalogic|\bapple\b|samsung electronics|xiaomi|oneplus|\boppo\b|motorola mobility|intermec|handheld/, 'mobile'],
  [/axis communications|hikvision|dahua|mobotix|hanwha|vivotek|\bbosch security|avigilon|geovision/, 'camera'],
  [/brother ind|lexmark|\bcanon\b|\bepson\b|\bxerox\b|kyocera|\bricoh\b|konica|\boki\b|zebra printer|sato corp/, 'printer'],
  [/polycom|yealink|snom|avaya|mitel|grandstream|gigaset|audiocodes/, 'phone'],
  [/\bdell\b|hewlett|\bhp inc|\bhpe?\b|lenovo|\bintel\b|fujitsu|\basus|gigabyte|micro-star|super ?micro|realtek|\bacer\b|wistron|pegatron|foxconn|hon hai|quanta|compal|lcfc|elitegroup|universal global|\bibm\b|liteon|azurewave|broadcom|nvidia|mellanox|\brivet|clevo/, 'pc'],
];

const known = new Map<string, VendorClass | null>();

export function classifyVendor(organisation: string | null): VendorClass | null {
  if (organisation === null) return null;
  const held = known.get(organisation);
  if (held !== undefined) return held;
  const name = organisation.toLowerCase();
  const found = PATTERNS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
  // Organisation names come from a fixed registry; the bound only guards a caller that passes something else.
  if (known.size < 50_000) known.set(organisation, found);
  return found;
}
