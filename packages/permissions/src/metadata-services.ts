import { embeddedIpv4 } from './ip-address.js';
import type { IpAddress } from './ip-address.js';

/** Where clouds hand out credentials to whoever asks from inside: AWS, GCP, Azure, Alibaba, Oracle, and their containers. */
const ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

const NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Whether an address, or one that it carries, is a metadata service. No rule lifts that. */
export function isMetadataAddress(ip: IpAddress): boolean {
  return [ip, ...embeddedIpv4(ip)].some((address) => ADDRESSES.has(address.toString()));
}

/** Whether a name is that of a metadata service. */
export function isMetadataName(host: string): boolean {
  return NAMES.has(host);
}
