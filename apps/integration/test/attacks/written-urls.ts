/** URLs that no rule covers, and why each of a kind is refused. */
export interface DeniedKind {
  readonly title: string;
  readonly outcome: string;
  readonly urls: readonly string[];
}

const notRequested = 'ERR_PERMISSION_DENIED not-requested';

/** For the rules `https://api.good.com` and `*.cdn.good.com`. */
export const deniedUrls: readonly DeniedKind[] = [
  {
    title: 'C01 denies this machine by any name',
    outcome: notRequested,
    urls: http('127.0.0.1 localhost foo.localhost localhost. LOCALHOST 127.0.0.1. [::1] ip6-localhost'),
  },
  {
    title: 'C02 denies addresses in any spelling',
    outcome: notRequested,
    urls: http(`2130706433 0x7f000001 0X7F.1 0177.0.0.1 127.1 127.0.1 0 0x0 00 1 0x7f.0.0.0x1 017700000001 ①②⑦.0.0.1
      127。0。0。1 %31%32%37.1 127．1 0x7f000001. [0:0:0:0:0:0:0:1] [::0001]`),
  },
  {
    title: 'C04 denies addresses that carry another',
    outcome: notRequested,
    urls: http(`[64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [64:ff9b::127.0.0.1] [2002:7f00:1::] [2001:0:7f00:1::1]
      [::ffff:127.0.0.1] [::FFFF:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1] [2606:4700::5efe:7f00:1] [2001:10::1]
      [2001:20::1] [2001:db8::1] [3fff::1] [5f00::1] [fec0::1] [fe80::1] [ff02::1]`),
  },
  {
    title: 'C16 reads the host where WHATWG reads it',
    outcome: notRequested,
    urls: words(`https://evil.com#@api.good.com/ https://evil.com\\@api.good.com/ https:evil.com/@api.good.com
      https://evil.com/?https://api.good.com/ https:\\\\evil.com\\@api.good.com/ https:/evil.com/.cdn.good.com
      https://evil.com?.cdn.good.com https://evil.com:443#.cdn.good.com https://evil.com;.api.good.com/`),
  },
  {
    title: 'C16 takes no user info',
    outcome: 'ERR_PERMISSION_DENIED user-info',
    urls: [
      ' https://a:secret@api.good.com/',
      ...words(`https://api.good.com@evil.com/ https://api.good.com:443@evil.com/ https://a:b@api.good.com/
        https://:secret@api.good.com/ https://a%40b@api.good.com/ https://api.good.com%40evil.com@api.good.com
        https:a:secret@api.good.com/ https:\\\\a:secret@api.good.com/ https:////a:secret@api.good.com`),
    ],
  },
  {
    title: 'C17 takes no name for another that looks like it',
    outcome: notRequested,
    urls: https(`api.good.com.evil.com evilapi.good.com xapi.good.com good.com com cdn.good.com xcdn.good.com
      cdn.good.com.evil.com a.b.evilcdn.good.com api-good.com apixgood.com \u0430pi.good.com api.g\u043eod.com
      api.good.c\u043em xn--pi-6kc.good.com api.good.co *.good.com`),
  },
  {
    title: 'C20 refuses what is no URL, or has a character that does not print',
    outcome: 'ERR_INVALID_ARGUMENT',
    urls: [
      ...https(`a%00.cdn.good.com a<b.cdn.good.com a|b.cdn.good.com a^b.cdn.good.com a%23.cdn.good.com a%2f.cdn.good.com
        a%5c.cdn.good.com api.good.com:65536 api.good.com:-1 api.good.com:1e3 api.good.com:+443 [api.good.com]
        [::1%25eth0] [::1%eth0] [::1 256.1.1.1 1.2.3.4.5 [1.2.3.4] [::ffff:1.2.3.4.5] api.good.com:443:443
        cdn.good.com]x @ :443 .cdn.good.com .a.cdn.good.com a..cdn.good.com api.good.com.. api..good.com . ..
        。api.good.com %2eapi.good.com`),
      ...words('//api.good.com/ api.good.com /x https:// https:///'),
      '',
      'https://a b.cdn.good.com/',
      ...['\t', '\n', '\0', '\x7f', '\u0085', '\ud800', '\udc00x'].map((bad) => `https://api.good.com/${bad}`),
      ...['\t', '\0', '\x1f'].map((bad) => `ht${bad}tps://a:secret@api.good.com/`),
      'https:/\n/a:secret@api.good.com/',
      `https://api.good.com/${'a'.repeat(5_000)}`,
      `https://${'a.'.repeat(130)}cdn.good.com/`,
      `https://a:secret${'x'.repeat(5_000)}@api.good.com/`,
    ],
  },
  {
    title: 'C22 means https where a rule names no scheme',
    outcome: notRequested,
    urls: http('api.good.com api.good.com:443 a.cdn.good.com api.good.com.'),
  },
  {
    title: 'C23 means the own port where a rule names none',
    outcome: notRequested,
    urls: https('api.good.com:8443 api.good.com:444 a.cdn.good.com:65535 api.good.com:80'),
  },
  {
    title: 'C23 leads to no port that could be of another protocol',
    outcome: 'ERR_PERMISSION_DENIED port-refused',
    urls: https('api.good.com:0 api.good.com:22 api.good.com:25 a.cdn.good.com:6667 api.good.com:00000'),
  },
  {
    title: 'C25 speaks http and https alone',
    outcome: 'ERR_PERMISSION_DENIED scheme-refused',
    urls: words(`ws://api.good.com/ wss://api.good.com/ ftp://api.good.com gopher://api.good.com file:///etc/passwd
      jar:https://api.good.com httpss://api.good.com http+unix://x view-source:https://api.good.com x:y about:blank
      unix:/var/run/docker.sock data:text/plain,x blob:https://api.good.com/1 javascript:1 FILE://api.good.com/x`),
  },
];

/** Metadata services, which no rule lifts. */
export const metadataUrls: readonly string[] =
  http(`169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 [::ffff:169.254.169.254] 169.254.43518
    169.254.169.254:8080 [fd00:ec2::254] [FD00:0EC2:0::254] 168.63.129.16 100.100.100.200 metadata.google.internal
    METADATA.google.internal. metadata。google。internal [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::1] 169.254.170.2
    169.254.170.23 169.254.42.42 [fd00:42::42] 169.254.0.23`);

/** Other ways to write `https://api.good.com/`. */
export const sameUrls: readonly string[] = [
  '  https://api.good.com/ ',
  ...words(`https://api.good.com./ HTTPS://API.GOOD.COM/ https://api。good。com/ https://api．good｡com/
    https://api%2egood.com/ https:api.good.com https:\\\\api.good.com\\x https://\u{ff41}pi.good.com/
    https://a\u00adpi.good.com/ https://a\u200bpi.good.com/ https://api.good.com:443/ https://api.good.com:/
    https://ⓐⓟⓘ.good.com https://api.good.com:0443/`),
];

/** Names below a star, at any depth. */
export const starredUrls: readonly string[] = https(
  'a.cdn.good.com a.b.cdn.good.com a.b.c.d.e.f.cdn.good.com A.B.CDN.good.com. xn--bcher-kva.b.cdn.good.com',
);

function words(text: string): string[] {
  return text.split(/\s+/);
}

function http(hosts: string): string[] {
  return words(hosts).map((host) => `http://${host}/`);
}

function https(hosts: string): string[] {
  return words(hosts).map((host) => `https://${host}/`);
}
