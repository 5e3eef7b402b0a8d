import { embeddedIpv4 } from './ip-address.js';
import type { IpAddress } from './ip-address.js';

/**
 * Where clouds hand out credentials to whoever asks from inside: AWS, GCP, Azure, Alibaba, Oracle, Tencent, Scaleway, Akamai,
 * and their containers.
 */
const ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '169.254.0.23',
  '169.254.42.42',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
  'fd00:a9fe:a9fe::1',
]);

const NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
]);

/** Whether an address, or one that it carries, is a metadata service. No rule lifts that. */
export function isMetadataAddress(ip: IpAddress): boolean {
  return [ip, ...embeddedIpv4(ip)].some((address) => ADDRESSES.has(address.toString()));
}

const FIRST_UNITS: ReadonlySet<number> = new Set(Array.from(NAMES, (name) => name.charCodeAt(0)));

/** Whether a name is that of a metadata service. */
export function isMetadataName(host: string): boolean {
  return FIRST_UNITS.has(host.charCodeAt(0)) && NAMES.has(host);
}
