/** Mails with real signatures by keys that are made here, and the name server that has these keys. */
import { generateKeyPairSync } from 'node:crypto'
import { sealMessage } from 'mailauth/lib/arc/index.js'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import type { ResolveTxt } from '../../src/base/dns.ts'

export interface Names {
  /** Records by name. */
  records: Map<string, string>
  asked: string[]
  resolveTxt: ResolveTxt
}

export function nameServer(): Names {
  const records = new Map<string, string>()
  const asked: string[] = []
  const resolveTxt: ResolveTxt = async (name) => {
    asked.push(name)
    const found = records.get(name)
    if (found === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' })
    if (found === 'broken') throw Object.assign(new Error(name), { code: 'ESERVFAIL' })
    return [found.match(/.{1,255}/g) ?? []]
  }
  return { records, asked, resolveTxt }
}

export interface Signer {
  domain: string
  selector: string
  privateKey: string
  algorithm: 'rsa-sha256' | 'ed25519-sha256' | 'rsa-sha1'
}

/** Makes a key and publishes it. */
export function signer(
  names: Names,
  domain: string,
  algorithm: Signer['algorithm'] = 'rsa-sha256',
  bits = 2048,
): Signer {
  const selector = `s${names.records.size}`
  const pair =
    algorithm === 'ed25519-sha256'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: bits })
  const type = algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa'
  const der = pair.publicKey.export({ type: 'spki', format: 'der' })
  const key = type === 'ed25519' ? der.subarray(-32) : der
  names.records.set(`${selector}._domainkey.${domain}`, `v=DKIM1; k=${type}; p=${key.toString('base64')}`)
  return {
    domain,
    selector,
    algorithm,
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

export const domainOf = (address: string) => address.replace(/^.*@|>$/g, '')

/** @param more further options of the library: `headerList`, `maxBodyLength`, `canonicalization` */
export async function signed(mail: string, by: Signer, more: Record<string, unknown> = {}): Promise<string> {
  const { domain, ...key } = by
  const { signatures, errors } = await dkimSign(mail, {
    canonicalization: 'relaxed/relaxed',
    // Without it, mailauth reads the clock twice, and a signature that crosses a second boundary is invalid.
    signTime: new Date(),
    ...more,
    signatureData: [{ signingDomain: domain, ...key, ...more }],
  } as never)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return `${signatures}${mail}`
}

/**
 * The mail as a forwarder passes it on, with its results sealed. @param found as in Authentication-Results, without the
 * server's name
 */
export async function sealed(mail: string, by: Signer, found: string): Promise<string> {
  const { domain, ...key } = by
  const head = await sealMessage(Buffer.from(mail), {
    signingDomain: domain,
    ...key,
    authResults: `mx.${domain}; ${found}`,
    cv: 'none',
    // As above.
    signTime: new Date(),
  } as never)
  return `${head}${mail}`
}
