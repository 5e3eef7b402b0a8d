import * as fc from 'fast-check';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const allowedHosts = 'api.good.com a.cdn.good.com x.y.cdn.good.com plain.good.com 93.184.216.34 [2606:4700::1111]';
/** Hosts that are denied, or allowed on one port, and other ways to write them. */
const hosts = `10.1.2.3 127.0.0.1 [64:ff9b::5db8:d822] [64:ff9b::7f00:1] [2606:4700:dead::1] 10.9.1.1 secret.cdn.good.com
  x.hidden.cdn.good.com cdn.good.com evil.com api.good.com.evil.com good.com evilapi.good.com localhost foo.localhost
  169.254.169.254 metadata.google.internal 8.8.8.8 0 2130706433 0x7f000001 0177.0.0.1 127.1 [::1] [2002:5db8:d822::]
  [::ffff:93.184.216.34] 0x5db8d822 1572395042 93.184.55330 167838211 0012.1.2.3 [fd00:ec2::254] [2001:0:7f00:1::1]`;

/** What an attacker puts into a URL. */
const noise = `. .. / // \\ @ : # ? % [ ] - _ * 0 。 ． ｡ ａ ⓐ \u0430 ß ſ K İ ① \u00ad \u200b \u2060 \u202e %2e %2E %40 %00
  %2f %5c %23 %3a %25 xn-- xn--a 0x 0x7f %61 A GOOD :443 :80 :8080 :8443 :0 :65535 :65536 :25 evil.com api.good.com
  .cdn.good.com user@ a:b@ @api.good.com #@ ?@ \\@ %40api.good.com https: http:// ; , & =`;
const unprintable = [' ', '\t', '\n', '\0', '\u007f', '\u0085', '\u2028', '\ud800', '\udc00'];

const text = fc
  .tuple(
    pick('https:// https:// https:// https:// https:// http:// HTTPS:// https: https:\\\\ // ws:// '),
    fc.oneof(pick(allowedHosts), pick(hosts)),
    pick('    :443 :80 :8080 :8443 :22 : :00443 :6667 :99999'),
    pick('/  /x ?q #f /@evil.com \\@evil.com /..//evil.com ?.cdn.good.com'),
  )
  .map((parts) => parts.join(''));

interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(40),
  cut: fc.constantFrom(0, 0, 1, 2),
  put: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...noise.split(/\s+/), ...unprintable) },
    { weight: 1, arbitrary: fc.string({ unit: codePoint }) },
  ),
});

/** URLs for hosts that are allowed and denied, with up to three changes. */
export const urlTexts: fc.Arbitrary<string> = fc
  .tuple(text, fc.oneof(fc.constant([]), fc.array(edit, { maxLength: 3 })))
  .map(([url, edits]) => edits.reduce(applyEdit, url));

function applyEdit(url: string, { at, cut, put }: Edit): string {
  const place = at % (url.length + 1);
  return url.slice(0, place) + put + url.slice(place + cut);
}

const octet = fc.oneof(fc.constantFrom(0, 1, 10, 100, 127, 169, 172, 192, 203, 224, 254, 255), fc.nat(255));
const ipv4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((parts) => parts.join('.'));
const group = pick('0 1 2 2001 2002 2606 4700 dead fd00 ec2 254 ffff 5efe 7f00 db8 64 ff9b 3fff fe80 a9fe 200 5f00');
const ipv6 = fc
  .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 3 }))
  .map(([head, end]) => `${head.join(':')}::${end.join(':')}`);
const prefix = pick(':: ::ffff: ::ffff:0: 64:ff9b:: 64:ff9b:1:: 2606:4700::5efe: 2606::200:5efe: 2002:: fe80::');

/** Addresses as a resolver may give them: of all ranges, with others in them, or none at all. */
export const addressTexts: fc.Arbitrary<string> = fc.oneof(
  ipv4,
  ipv6,
  pick('93.184.216.34 8.8.8.8 2606:4700:4700::1111 1.1.1.1'),
  fc.tuple(prefix, ipv4).map((parts) => parts.join('')),
  pick('93.184.216.34 10.1.2.3 10.9.1.1 169.254.169.254 168.63.129.16 fd00:ec2::254 127.1 localhost ::1%lo 2001:5::1'),
);

/** One of the words. A word may be empty. */
function pick(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(/ |\n +/));
}
