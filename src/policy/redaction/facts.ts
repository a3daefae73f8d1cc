/**
 * What devices say of themselves, and what operations touch, by what each may hold. In: a fact's name and value, or a
 * protocol and a target. Out: the value redacted. What is not known here may say anything, and is replaced as a whole.
 */
import { DEFAULT_HOSTS } from '../../infer/assets.ts';
import { productsIn } from './products.ts';
import type { Redactor } from './redactor.ts';

const NAMES = new Set([
  'lldp.name', 'lldp.sysname', 'netbios.name', 'dhcp.hostname', 'mdns.name', 'llmnr.name', 'opcua.hostname', 'snmp.name', 'snmp.sysname', 'profinet.station-name', 'dcp.name', 'cdp.name',
  's7comm.system-name', 's7comm.plant-id', 's7comm.module-name', 'fox.host', 'fox.station', 'knx.name', 'ads.name', 'synchrophasor.station', 'sparkplug.edge-node', 'sparkplug.host',
]);
const HOSTS = new Set(['tls.sni', 'http.host']);
/** URLs, in which blanks may stand. */
const URLS = new Set(['opcua.endpoint', 'opcua.reverse-endpoint', 'opcua.discovered', 'opcua.application-uri']);
/** Of a product, a version or a protocol: the same in every plant. */
const PRODUCTS = new Set([
  'lldp.capabilities', 'lldp.caps', 'cdp.capabilities', 'modbus.vendor', 'modbus.product-code', 'modbus.product', 'modbus.revision', 'modbus.model', 'enip.vendor-id', 'enip.device-type', 'enip.product',
  'enip.revision', 'bacnet.vendor-id', 'fins.model', 'profinet.vendor', 'profinet.device-id', 'profinet.role', 'iec61850.role', 's7comm.module-type', 's7comm.order-number', 'snmp.version', 'mqtt.version', 'mqtt.login',
  'smb.version', 'tls.version', 'vnc.version', 'rpc.interface', 'enip.unmatched-response', 'fox.application', 'fox.brand', 'fox.version', 'ptp.role', 'ptp.domain', 'hsms.model', 'hsms.software', 'dlms.login', 'dlms.protection',
]);
/** Of a product too, unless an administrator says something else. */
const SET_BY_HAND = new Set(['http.server', 'http.user-agent', 'ssh.software', 'dhcp.vendor-class']);
/** IANA "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs", those that are met in plants. */
const ALPN = /^(?:h2c?|h3|http\/[01]\.[019]|spdy\/[123]|mqtt|coap|ntske\/1|ftp|imap|smb|dot|opcua)$/;
const PROTOCOL_WORD = /^[A-Za-z0-9][A-Za-z0-9./_-]{0,39}$/;
const PRODUCT_WORDS = /^[\w .,:;()/+#*&-]{1,80}$/;
const SECURITY_MODE = /^(?:None|Sign|SignAndEncrypt|Invalid|mode-\d{1,10}|\d{1,10})$/;
const POLICY_WORD = /^(?:http:\/\/opcfoundation\.org\/UA\/SecurityPolicy#)?(?:None|Basic128|Basic128Rsa15|Basic192|Basic192Rsa15|Basic256|Basic256Rsa15|Basic256Sha256|Aes128_Sha256_RsaOaep|Aes256_Sha256_RsaPss|PubSub-Aes(?:128|256)-CTR|ECC_[A-Za-z0-9]{1,20})$/;

export function redactFact(redactor: Redactor, name: string, value: string): string {
  if (NAMES.has(name)) return redactor.name(value);
  if (HOSTS.has(name)) return hostAndPort(redactor, value);
  if (URLS.has(name)) return redactUrl(redactor, value);
  if (name === 'opcua.offered') return redactOffer(redactor, value);
  if (name === 'dhcp.client') {
    const blank = value.indexOf(' ');
    return `${redactor.address(value.slice(0, blank))} ${redactor.name(value.slice(blank + 1))}`;
  }
  if (name === 'opcua.policy') return POLICY_WORD.test(value) ? value : redactor.words(value);
  if (SET_BY_HAND.has(name)) {
    const { products, isAll } = productsIn(value);
    return [...products, ...(isAll ? [] : [redactor.words(value)])].join(' ');
  }
  if (name === 'tls.alpn') return value.split(/[ ,]+/).every((word) => ALPN.test(word)) ? value : redactor.words(value);
  if (PRODUCTS.has(name)) return PRODUCT_WORDS.test(value) ? redactor.scrub(value) : redactor.words(value);
  // The other facts of OPC UA are the standard's own words: modes, message types, services, status codes.
  const isStandard = /^opcua\.(?:mode|message|chunk|encrypted|unsecured|unreadable|policy-unknown|error|fault|user-token)$/.test(name);
  return isStandard && PROTOCOL_WORD.test(value) ? value : redactor.words(value);
}

/** `URL mode policy`: the last two words are the standard's. */
function redactOffer(redactor: Redactor, value: string): string {
  const [, url, mode, policy] = /^(.*) (\S*) (\S*)$/s.exec(value) ?? ['', value, '', ''];
  const standard = (word: string, shape: RegExp): string => (word === '' || shape.test(word) ? word : redactor.words(word));
  return `${redactUrl(redactor, url)} ${standard(mode, SECURITY_MODE)} ${standard(policy, POLICY_WORD)}`;
}

function redactUrl(redactor: Redactor, url: string): string {
  const urn = /^urn:([^:]+)(?::(.*))?$/.exec(url);
  if (urn !== null) {
    const host = !DEFAULT_HOSTS.test(urn[1]) ? redactor.host(urn[1]) : /^client-/i.test(urn[1]) ? `client-${redactor.words(urn[1].slice(7))}` : urn[1];
    return `urn:${host}${urn[2] === undefined ? '' : `:${redactor.words(urn[2])}`}`;
  }
  const parts = /^([a-z][a-z0-9+.-]{0,15}):\/\/(\[[^\]]*\]|[^/:?#@]*)(:\d{1,5})?([/?#].*)?$/i.exec(url);
  if (parts === null) return redactor.words(url);
  const [, scheme, host, port = '', path = ''] = parts;
  const shown = host.startsWith('[') ? `[${redactor.host(host.slice(1, -1))}]` : host === '' ? '' : redactor.host(host);
  return `${scheme}://${shown}${port}${path.slice(0, 1)}${path.length < 2 ? '' : redactor.words(path.slice(1))}`;
}

function hostAndPort(redactor: Redactor, text: string): string {
  const parts = /^([^:]*)(:\d{1,5})$/.exec(text);
  return parts === null ? redactor.host(text) : redactor.host(parts[1]) + parts[2];
}

/** Targets that are numbers, or areas of a kind of controller. */
const NUMBERED: Readonly<Record<string, RegExp>> = {
  opcua: /^(?:ns=\d{1,5};)?i=\d{1,10}$/,
  enip: /^class 0x[0-9a-f]{2,4}$/,
  dnp3: /^(?:outstation \d{1,5}|g\d{1,3}v\d{1,3})$/,
  modbus: /^(?:fifo \d{1,5}|file \d{1,5} record \d{1,5}-\d{1,5})$/,
  s7comm: /^(?:[A-Z]{1,3}\d{0,5}|block \d{1,3} \d{1,5})$/,
  synchrophasor: /^unit \d{1,5}$/,
  iec104: /^station \d{1,5}$/,
  ads: /^ams port \d{1,5}$/,
  bacnet: /^[a-z-]{1,40} \d{1,8}$/,
  knxnet: /^(?:group \d{1,2}\/\d\/\d{1,3}|device \d{1,2}\.\d{1,2}\.\d{1,3})$/,
  'ge-srtp': /^%[A-Z]{1,2}$/,
  'dlms-cosem': /^class \d{1,5} \d{1,3}(?:\.\d{1,3}){5}$/,
  ptp: /^(?:[A-Z0-9_]{1,40}|id 0x[0-9a-f]{4})$/,
};

export function redactTarget(redactor: Redactor, protocol: string, target: string): string {
  if (NUMBERED[protocol]?.test(target) === true) return target;
  const inNamespace = protocol === 'opcua' ? /^((?:ns=\d{1,5};)?[sgb]=)(.*)$/s.exec(target) : null;
  return inNamespace === null ? redactor.words(target) : inNamespace[1] + redactor.words(inNamespace[2]);
}
