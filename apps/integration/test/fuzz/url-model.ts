import ipaddr from 'ipaddr.js';

/** The rules that are fuzzed, for the policy and for its model alike. */
export const urlRules = {
  allow: [
    'https://api.good.com',
    '*.cdn.good.com',
    'http://*.cdn.good.com:8080',
    'plain.good.com:*',
    '93.184.216.34',
    'http://10.0.0.0/8:8080',
    'https://[2606:4700::]/32',
    '[64:ff9b::]/96',
    'https://127.0.0.1:8443',
  ],
  deny: ['secret.cdn.good.com', '*.hidden.cdn.good.com', '10.9.0.0/16', '2606:4700:dead::/48'],
};

/**
 * What the documentation says of those rules, written without a look at how they are compiled: one `if` after another, on what WHATWG `URL` and
 * ipaddr.js say of a text. `address` is what the name has been resolved to, where that is the question.
 */
export function mayFetch(text: string, address?: string): boolean {
  if (text.length > 4096 || /[\p{Cc}\p{Cs}]/u.test(text)) return false;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return false;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (BAD_PORTS.has(port)) return false;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (host === '' || /^\.|\.\.|\.$/.test(host) || host.length > 253) return false;
  const where = { scheme: url.protocol.slice(0, -1), port };
  if (!ipaddr.isValid(host)) {
    if (!mayAskName(host, where)) return false;
    return address === undefined || mayConnect(address, where);
  }
  if (
    address !== undefined &&
    (!isPlain(address) || ipaddr.parse(address).toString() !== ipaddr.parse(host).toString())
  )
    return false;
  return ADDRESS_RULES.some((rule) => fits(rule, where) && isIn(host, rule.range)) && mayConnect(host, where);
}

interface Where {
  readonly scheme: string;
  readonly port: number;
}

/** The ports that the fetch standard blocks. */
const BAD_PORTS = new Set(
  `0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135
  137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719
  1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`
    .split(/\s+/)
    .map(Number),
);
const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog']);
const METADATA = ['169.254.169.254', '169.254.170.2', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'];

const ADDRESS_RULES = [
  { scheme: 'https', port: 443, range: '93.184.216.34/32' },
  { scheme: 'http', port: 8080, range: '10.0.0.0/8' },
  { scheme: 'https', port: 443, range: '2606:4700::/32' },
  { scheme: 'https', port: 443, range: '64:ff9b::/96' },
  { scheme: 'https', port: 8443, range: '127.0.0.1/32' },
];
const DENIED_ADDRESSES = ['10.9.0.0/16', '2606:4700:dead::/48'];

/** What the registries of IANA list as not globally reachable, and what carries another address. */
const NOT_GLOBAL =
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24
  203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`.split(/\s+/);

function mayAskName(host: string, { scheme, port }: Where): boolean {
  if (METADATA_NAMES.has(host)) return false;
  if (host === 'secret.cdn.good.com' || isBelow(host, 'hidden.cdn.good.com')) return false;
  if (host === 'plain.good.com') return scheme === 'https';
  if (host === 'api.good.com') return scheme === 'https' && port === 443;
  return (
    isBelow(host, 'cdn.good.com') && ((scheme === 'https' && port === 443) || (scheme === 'http' && port === 8080))
  );
}

function isBelow(host: string, name: string): boolean {
  return host.endsWith(`.${name}`);
}

/** Decides on an address that is led to, by a name or by itself. */
function mayConnect(address: string, where: Where): boolean {
  if (!isPlain(address)) return false;
  return [address, ...carried(address)].every((each) => {
    if (METADATA.some((service) => ipaddr.parse(service).toString() === ipaddr.parse(each).toString())) return false;
    if (DENIED_ADDRESSES.some((range) => isIn(each, range))) return false;
    return isGlobal(each) || ADDRESS_RULES.some((rule) => fits(rule, where) && isIn(each, rule.range));
  });
}

function fits(rule: Where, { scheme, port }: Where): boolean {
  return rule.scheme === scheme && rule.port === port;
}

/** Four decimal parts, or IPv6 without a zone. */
function isPlain(address: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(address) || (ipaddr.IPv6.isValid(address) && !address.includes('%'));
}

function isIn(address: string, range: string): boolean {
  const [ip, [base, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(range)];
  return ip.kind() === base.kind() && ip.match(base, bits);
}

function isGlobal(address: string): boolean {
  if (NOT_GLOBAL.some((range) => isIn(address, range))) return false;
  return ipaddr.parse(address).kind() === 'ipv4' || (isIn(address, '2000::/3') && carried(address).length === 0);
}

/** The IPv4 addresses that stand in an IPv6 address, by the bytes of each scheme. */
function carried(address: string): readonly string[] {
  const bytes = ipaddr.parse(address).toByteArray();
  if (bytes.length === 4) return [];
  const four = (at: number, mask = 0): string =>
    bytes
      .slice(at, at + 4)
      .map((byte) => byte ^ mask)
      .join('.');
  if (isIn(address, '2002::/16')) return [four(2)];
  if (isIn(address, '2001::/32')) return [four(4), four(12, 0xff)];
  if (isIn(address, '::/127')) return [];
  const translated = ['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/32'].some((range) =>
    isIn(address, range),
  );
  const isIsatap = /^(0|2),0,94,254$/.test(bytes.slice(8, 12).join());
  return translated || isIsatap ? [four(12)] : [];
}
