/** Turning notifications on and off, and what they may say. */

import { isIP } from 'node:net'
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { hashOfSecret } from '../../base/secret.ts'
import { isOwnMachine } from '../../config/loopback.ts'
import {
  addPushDevice,
  changePushDevice,
  listPushDevices,
  type PushDevice,
  type PushWishes,
  removePushDevice,
} from '../../store/push-devices.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import { notFound } from '../failures.tsx'
import type { ViewOf } from '../overviews.tsx'
import { deviceWords } from '../sessions.ts'
import type { WebContext } from '../web-context.ts'
import { testMessage } from './message.ts'
import { NotificationsPage } from './page.tsx'
import { sendPush } from './send.ts'
import { vapidKeys } from './vapid.ts'

/** A browser's push subscription (Push API). All of it may be hostile. */
interface Subscription {
  /** Capability URL of the push service (RFC 8030). */
  endpoint: string
  /** The browser's public key, P-256 uncompressed, and its secret (RFC 8291), base64url. */
  keys: { p256dh: string; auth: string }
}

const longestEndpoint = 1024
const [keyOctets, secretOctets] = [65, 16]

/**
 * @returns null when it could not be used: no HTTPS URL of a public name on the usual port, or no keys of the right
 *   length
 */
export function subscriptionOf({
  endpoint,
  p256dh,
  auth,
}: {
  endpoint: string
  p256dh: string
  auth: string
}): Subscription | null {
  if (!isPublicEndpoint(endpoint)) return null
  const [key, secret] = [Buffer.from(p256dh, 'base64url'), Buffer.from(auth, 'base64url')]
  if (key.length !== keyOctets || key[0] !== 4 || secret.length !== secretOctets) return null
  return { endpoint, keys: { p256dh: key.toString('base64url'), auth: secret.toString('base64url') } }
}

/** Only the URL itself is judged; the addresses of its host are checked at each connection. */
function isPublicEndpoint(endpoint: string): boolean {
  if (endpoint.length > longestEndpoint || !URL.canParse(endpoint)) return false
  const { protocol, hostname, port, username, password } = new URL(endpoint)
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  const isPlain = protocol === 'https:' && port === '' && username === '' && password === ''
  return isPlain && !isAddress && !isOwnMachine(hostname)
}

/** Of all people together. */
const mostDevices = 50

const clock = z.union([z.literal(''), z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)])
const ticked = z.literal('1').optional()
const wishes = {
  ...{ waiting: ticked, trouble: ticked, detailed: ticked },
  ...{ digest: clock, from: clock, until: clock },
}
const changing = z.strictObject(wishes)
const subscribing = z.strictObject({ endpoint: text(), p256dh: text(), auth: text(), ...wishes })

const wishesOf = ({
  waiting,
  trouble,
  detailed,
  digest,
  from,
  until,
}: z.output<typeof changing>): PushWishes => ({
  ...{ waiting: waiting === '1', trouble: trouble === '1', detailed: detailed === '1' },
  ...{ digestAt: digest || null, quietFrom: from || null, quietUntil: until || null },
})

/** One of the two hours is missing. */
const isHalf = ({ quietFrom, quietUntil }: PushWishes) => (quietFrom === null) !== (quietUntil === null)
const halfWords = 'Quiet hours need a beginning and an end; leave both empty for none. Nothing was saved.'

const refusedWords = (device: string, isGone: boolean) =>
  isGone
    ? `${device} no longer accepts notifications. Turn it off here, then turn notifications on again in that browser.`
    : `The push service of ${device} did not answer, so nothing arrived. Try again in a minute. If it never works, replyd may have no connection to the Internet.`

export function addNotifications(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const { db, config, clock: time } = web.context
  const ownDevices = async (c: Context<Env>): Promise<PushDevice[]> =>
    (await listPushDevices(db)).filter(({ actor }) => actor === c.get('session').actor)
  const show = async (c: Context<Env>, fault: string | null, status: 200 | 409 | 422 | 502 = 200) => {
    const { publicKey } = vapidKeys(config.state.directory, config.state.key)
    const shown = { fault, publicKey, devices: await ownDevices(c) }
    return c.html(<NotificationsPage view={await viewOf(c)} shown={shown} />, status)
  }
  pages.get('/notifications', (c) => show(c, null))
  pages.post('/notifications', async (c) => {
    const typed = fitting(await formBody(c), subscribing)
    const subscription = subscriptionOf(typed)
    if (subscription === null)
      return show(c, "The push service of this browser can't be used: its address is not public.", 422)
    const wanted = wishesOf(typed)
    if (isHalf(wanted)) return show(c, halfWords, 422)
    const device = deviceWords(c.req.header('user-agent'))
    const { actor, id: session } = c.get('session')
    const login = c.get('passwordHash') === null ? null : session
    const about = { actor, device, session: login, addedAt: time.now() }
    const id = hashOfSecret(subscription.endpoint)
    if (!(await addPushDevice(db, { id, ...subscription, ...about }, mostDevices)))
      return show(c, `There are ${mostDevices} devices already. Turn one off first.`, 409)
    await changePushDevice(db, id, wanted)
    return c.redirect('/notifications?done=push', 303)
  })
  const own = async (c: Context<Env>) => {
    const id = c.req.param('id')
    return (await ownDevices(c)).find((device) => device.id === id)
  }
  pages.post('/notifications/:id', async (c) => {
    const device = await own(c)
    if (device === undefined) return notFound(c)
    const wanted = wishesOf(fitting(await formBody(c), changing))
    if (isHalf(wanted)) return show(c, halfWords, 422)
    await changePushDevice(db, device.id, wanted)
    return c.redirect('/notifications?done=push-changed', 303)
  })
  pages.post('/notifications/:id/test', async (c) => {
    const device = await own(c)
    if (device === undefined) return notFound(c)
    const outcome = await sendPush(web.context, device, testMessage, { signal: c.req.raw.signal })
    if (outcome.told) return c.redirect('/notifications?done=push-tested', 303)
    web.context.log.warn({ event: 'push.refused', device: device.device, reason: outcome.reason })
    return show(c, refusedWords(device.device, outcome.gone), 502)
  })
  pages.post('/notifications/:id/remove', async (c) => {
    const device = await own(c)
    if (device !== undefined) await removePushDevice(db, device.id)
    return c.redirect('/notifications?done=push-off', 303)
  })
}
