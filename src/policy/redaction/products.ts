/**
 * What a server or a client says it is, where an administrator may have said it instead (Server, User-Agent, SSH banner, DHCP
 * vendor class). In: the text. Out: the names and versions in it that stand for products everybody knows, and whether
 * anything else was said.
 */

/** As they call themselves, in lower case. */
const KNOWN_PRODUCTS = new Set([
  // Servers
  'apache', 'apache-coyote', 'tomcat', 'nginx', 'microsoft-iis', 'microsoft-httpapi', 'lighttpd', 'boa', 'goahead', 'goahead-webs', 'goahead-http', 'jetty', 'mini_httpd', 'thttpd', 'uc-httpd', 'rompager', 'allegro-software-rompager',
  'werkzeug', 'python', 'php', 'openssl', 'mod_ssl', 'simplehttp', 'basehttp', 'kestrel', 'gunicorn', 'node.js', 'express', 'caddy', 'cherrypy', 'tornadoserver', 'virata-emweb', 'mbedthis-appweb', 'embedthis-http',
  // Clients
  'mozilla', 'applewebkit', 'khtml', 'gecko', 'chrome', 'safari', 'firefox', 'edge', 'edg', 'opera', 'msie', 'trident', 'curl', 'libcurl', 'wget', 'python-requests', 'python-urllib', 'go-http-client', 'java', 'okhttp', 'dalvik', 'apache-httpclient',
  'winhttp', 'microsoft-cryptoapi', 'microsoft-wns', 'microsoft-ncsi', 'microsoft', 'ncsi', 'windows-update-agent', 'microsoft-delivery-optimization', 'microsoft-webdav-miniredir', 'powershell', 'windowspowershell', 'postmanruntime',
  // SSH
  'openssh', 'openssh_for_windows', 'dropbear', 'libssh', 'libssh2', 'putty', 'putty_release', 'winscp', 'cisco', 'rosssh', 'bitvise', 'paramiko', 'mod_sftp', 'ssh',
  // DHCP
  'msft', 'udhcp', 'dhcpcd', 'android-dhcp', 'isc-dhcp', 'systemd', 'linux',
]);
const PRODUCT = /^([A-Za-z][A-Za-z._-]*?\d?)(?:[/_ -]v?\d{1,4}(?:\.\d{1,6}){0,4}(?:[a-z]\d{0,3})?)?$/;
const SSH_HEAD = /^SSH-\d\.\d{1,2}-/;
/** Behind a product's name; an address has one number more. */
const VERSION_BEHIND = /^\d{1,3}(?:\.\d{1,6}){1,2}$/;

export function productsIn(text: string): { readonly products: readonly string[]; readonly isAll: boolean } {
  const head = SSH_HEAD.exec(text)?.[0] ?? '';
  const tokens = text.slice(head.length).split(/[\s(),;]+/).filter((token) => token !== '');
  const isKept = tokens.map((token) => KNOWN_PRODUCTS.has(token.toLowerCase()) || KNOWN_PRODUCTS.has(PRODUCT.exec(token)?.[1].toLowerCase() ?? ''));
  const products = tokens.filter((token, i) => isKept[i] || (i > 0 && isKept[i - 1] && VERSION_BEHIND.test(token)));
  return { products: head === '' || products.length === 0 ? products : [head + products[0], ...products.slice(1)], isAll: products.length === tokens.length };
}
