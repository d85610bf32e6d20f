/** A model at an address that the owner types: the server is tried at once, and the owner corrects what fails. */
import { join } from 'node:path'
import { reasonOf } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import { certificateFault } from '../../base/trust.ts'
import { isUnreached } from '../../model/availability.ts'
import { ModelTimeout, openModel } from '../../model/client.ts'
import { waiting } from '../terminal.ts'
import { trustedModelAuthority } from './authority.ts'
import type { Talk } from './talk.ts'

/** For the list of models, milliseconds. */
const patienceMs = 10_000
const mostNames = 12

/** The key of the owner's server. It is stored separately from OpenAI's: neither server may get the other's key. */
export const ownKey = 'model.key'

/** What the owner types, and `ca`, the file with the authority that they trust; empty: none of their own. */
interface Elsewhere {
  baseUrl: string
  key: string
  ca: string
  name: string
}

/** @returns null: the owner wants to see the choices again */
export async function elsewhere(talk: Talk): Promise<Elsewhere | null> {
  const { asker, say } = talk
  const chosen = await reached(talk)
  if (chosen === null) return null
  const { names, ...place } = chosen
  if (names.length > 1) await say(`It has: ${names.slice(0, mostNames).join(', ')}.`)
  const [first] = names
  const question = first === undefined ? 'Name of the model; empty: choose again' : 'Name of the model'
  const name = await asker.ask(question, first ?? '', { key: 'model.name' })
  if (name !== '') return { ...place, name }
  for (const key of ['model.url', 'model.name']) asker.doubt(key)
  return null
}

type Reached = Omit<Elsewhere, 'name'> & { names: string[] }

/** Asks for the address until a server answers there. */
async function reached({ asker, ...talk }: Talk): Promise<Reached | null> {
  let question = 'Address of the model, such as http://10.0.0.2:8000/v1; empty: choose again'
  for (;;) {
    const baseUrl = await asker.ask(question, '', { fault: emptyOrUrl, key: 'model.url' })
    const listing = baseUrl === '' ? null : await listed({ asker, ...talk }, baseUrl)
    if (listing !== null) return { baseUrl, ...listing }
    asker.doubt('model.url')
    if (baseUrl === '') return null
    question = 'Address of the model; empty: choose again'
  }
}

/** @returns what is wrong with the address of a model; null if nothing */
export const urlFault = (text: string): string | null =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? null
    : `${text} is not an address such as http://192.168.1.20:8000/v1`

const emptyOrUrl = (text: string) => (text === '' ? null : urlFault(text))

type Listing = Omit<Reached, 'baseUrl'>

/**
 * Asks which models there are, first without a key: nobody should type one for an address where nothing listens.
 * @returns null: the address must be asked for again
 */
async function listed(talk: Talk, baseUrl: string): Promise<Listing | null> {
  const { asker } = talk
  const asking = { hidden: true, key: ownKey }
  let key = asker.settled(ownKey)
  let ca = ''
  for (;;) {
    const found = await tried(talk, { baseUrl, key: key ?? '', ca })
    if (found === 'address') return null
    if (found === 'key') {
      asker.doubt(ownKey)
      key = await asker.ask('Key of the model; empty: another address', '', asking)
      if (key === '') return null
    } else if ('ca' in found) ca = found.ca
    else if (key) return { key, ca, ...found }
    else {
      // Some servers list their models without a key, but answer nothing else without one.
      key ??= await asker.ask('Key of the model; empty: it needs none', '', asking)
      if (key === '') return { key, ca, ...found }
    }
  }
}

type Fault = 'address' | 'key' | 'no list' | { ca: string }

/** @returns the models, or what is wrong */
async function tried(
  talk: Talk,
  { baseUrl, key, ca }: Omit<Elsewhere, 'name'>,
): Promise<{ names: string[] } | Exclude<Fault, 'no list'>> {
  const { say, terminal, folder } = talk
  const trusted = ca === '' ? {} : { caFile: join(folder, ca) }
  const model = openModel({ name: '', baseUrl, apiKey: key, timeoutMs: patienceMs, ...trusted }, silentLog)
  await say('Asking which models it has …')
  try {
    const names = (await waiting(model.listModels(), 'asking', terminal)).map(({ id }) => id)
    if (names.length === 0) await say('It lists none.')
    return { names }
  } catch (error) {
    const fault = await faultOf(error, talk, baseUrl, ca)
    return fault === 'no list' ? { names: [] } : fault
  }
}

/** Says why a server lists no models. @returns what to ask for next; or the authority that is trusted now */
async function faultOf(error: unknown, talk: Talk, baseUrl: string, ca: string): Promise<Fault> {
  const { say } = talk
  const reason = reasonOf(error)
  const certificate = certificateFault(reason)
  if (certificate?.kind === 'unknown issuer' && ca === '') {
    const check = {
      name: 'model',
      account: null,
      status: 'failed',
      detail: certificate.kind,
      advice: null,
    } as const
    const believed = await trustedModelAuthority({ baseUrl, caFile: undefined }, [check], talk)
    if (believed !== null) {
      talk.asker.keep('model.ca', believed)
      return { ca: believed }
    }
  }
  if (isUnreached(reason) || certificate !== null || error instanceof ModelTimeout) {
    await say(`✗ ${reason}.`)
    return 'address'
  }
  if (/HTTP 401/.test(reason)) {
    await say(`✗ ${reason}.`)
    return 'key'
  }
  const hint = /HTTP 404/.test(reason) ? ' (HTTP 404). Most addresses end in /v1' : `: ${reason}`
  await say(`It does not say which models it has${hint}.`)
  return 'no list'
}
