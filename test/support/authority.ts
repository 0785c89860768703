import { generate } from 'selfsigned';

/** What a TLS server needs, in PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

/** A certificate authority of this process. Only clients that are given its certificate trust it. */
export interface Authority {
  /** Its certificate in PEM: the option `ca` of clients that trust it. */
  ca: string;
  /** Makes a certificate for a host: a name, or 127.0.0.1. */
  certify(host: string, options?: { expired?: boolean }): Promise<Certificate>;
}

const DAY = 86_400_000;

export async function createAuthority(): Promise<Authority> {
  const root = await generate([{ name: 'commonName', value: 'Test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return {
    ca: root.cert,
    async certify(host, { expired = false } = {}) {
      const isAddress = /^[\d.]+$/.test(host);
      const leaf = await generate([{ name: 'commonName', value: host }], {
        keyType: 'ec',
        algorithm: 'sha256',
        notBeforeDate: new Date(Date.now() - 2 * DAY),
        notAfterDate: new Date(Date.now() + (expired ? -DAY : DAY)),
        ca: { key: root.private, cert: root.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: [isAddress ? { type: 7, ip: host } : { type: 2, value: host }],
          },
        ],
      });
      return { key: leaf.private, cert: leaf.cert };
    },
  };
}
