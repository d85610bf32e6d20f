/** Which TLS certificates are trusted, and why one is rejected. */
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { ConfigError, reasonOf } from './errors.ts'

interface TrustOptions {
  /** RFC 8996: nothing older. */
  minVersion: 'TLSv1.2'
  /** PEM; if absent, the authorities that Node.js trusts by default. */
  ca?: string[]
}

/**
 * Options for a TLS connection. A private authority is trusted in addition to the public ones.
 * @param caFile PEM with one or more certificates; read at each call, so that it may be renewed
 * @throws ConfigError when the file can't be read
 */
export function trusting(caFile: string | null | undefined): TrustOptions {
  if (!caFile) return { minVersion: 'TLSv1.2' }
  return { minVersion: 'TLSv1.2', ca: [...rootCertificates, authoritiesIn(caFile)] }
}

/**
 * For opportunistic TLS, where plain text is allowed. The password is never sent to a server with a certificate from an
 * unknown authority. The name is not compared: certificates are issued for the public name, not for 127.0.0.1.
 * @param anyCertificate the owner allows plain text for this server: any certificate is better than none
 */
export const trustingOffered = (caFile: string | null | undefined, anyCertificate: boolean) =>
  anyCertificate
    ? { rejectUnauthorized: false }
    : { ...trusting(caFile), checkServerIdentity: () => undefined }

function authoritiesIn(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch (cause) {
    throw new ConfigError(`tls.ca: ${file} can't be read: ${reasonOf(cause)}`, { cause })
  }
  throw new ConfigError(`tls.ca: ${file} holds no certificate (PEM)`)
}

export interface CertificateFault {
  kind: 'unknown issuer' | 'wrong name' | 'expired' | 'not valid yet'
  /** Follows "the TLS certificate of HOST". */
  says: string
}

const faults: readonly (readonly [sign: RegExp, fault: CertificateFault])[] = [
  [
    /CERT_HAS_EXPIRED|certificate has expired/i,
    { kind: 'expired', says: 'has expired: it has to be renewed on the server' },
  ],
  [
    /CERT_NOT_YET_VALID|certificate is not yet valid/i,
    { kind: 'not valid yet', says: "is not valid yet: check this machine's clock" },
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate/i,
    { kind: 'wrong name', says: 'is for another name: set host to the name on the certificate' },
  ],
  [
    /DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w*(VERIFY|ISSUER)\w*|self.signed certificate|unable to (verify the first|get (local )?issuer) certificate/i,
    {
      kind: 'unknown issuer',
      says: 'comes from an unknown issuer: if the authority is your own, set tls.ca to its certificate',
    },
  ],
]

/** Alert 70, or a server that chooses an old version; in OpenSSL's words or in Node's codes. */
export const oldTls = /alert protocol version|unsupported.protocol|ALERT_PROTOCOL_VERSION/i

/** OpenSSL's report, which names its own source files. */
const report =
  /(?:[\dA-F]+:)?error:[\dA-F]+:[^:\n]*:[^:\n]*:([^:\n]+)(?::[^:\s]+:\d+)?(?::SSL alert number \d+)?:?/gi

/** An error message with OpenSSL's report reduced to its reason: `sslv3 alert illegal parameter`. */
export const withoutReports = (text: string): string => text.replace(report, '$1').trim()

/**
 * Why a TLS handshake failed, as a clause; null if for another reason.
 * @param host named in it; if absent, `its`
 */
export function handshakeFault(text: string, host?: string): string | null {
  if (oldTls.test(text))
    return `${host ?? 'it'} does not support TLS 1.2 or newer: the server has to be updated`
  const fault = certificateFault(text)
  return fault && `${host ? `the TLS certificate of ${host}` : 'its TLS certificate'} ${fault.says}`
}

/** What a connection error says about the certificate, in Node's codes or OpenSSL's words; null if nothing. */
export function certificateFault(text: string): CertificateFault | null {
  return faults.find(([sign]) => sign.test(text))?.[1] ?? null
}
