/** The device flow (RFC 8628): for machines without a browser. The code is entered on any other device. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { ConfigError, PermanentError, TemporaryError } from '../base/errors.ts'
import type { OAuth2Settings } from '../config/settings.ts'
import { type Grant, grantFrom, post, RefusedByProvider, secondsIn } from './endpoint.ts'

export interface DeviceCode {
  readonly userCode: string
  readonly verificationUri: string
  /** When the code expires. */
  readonly expiresAt: Date
}

interface DeviceSignIn {
  clock: Clock
  /** Shows the code to the person. */
  show: (code: DeviceCode) => void
  signal: AbortSignal
}

/** Seconds (RFC 8628 sections 3.2 and 3.5). */
const pauses = { otherwise: 5, most: 60 }
const slowDownBy = 5
const codeAge = { otherwise: 600, most: 3600 }
/** Bounds the requests when the provider states a pause of 0. */
const mostPolls = 1000

/**
 * @throws PermanentError when the person refused or the code expired, ConfigError when the provider has no device
 * flow
 */
export async function signInByDevice(
  settings: OAuth2Settings,
  { clock, show, signal }: DeviceSignIn,
): Promise<Grant> {
  if (settings.deviceUrl === null) {
    throw new ConfigError(
      'oauth2.deviceUrl is not set: this provider has no device flow for mail. Use replyd auth --browser; if this machine has no browser, paste the final address from one on another machine',
    )
  }
  const answer = await post(settings, settings.deviceUrl, { scope: settings.scopes.join(' ') })
  const deviceCode = textIn(answer, 'device_code')
  const expiresAt = new Date(clock.now().getTime() + secondsIn(answer.expires_in, codeAge) * 1000)
  // Google calls it verification_url.
  const verificationUri = textIn(
    answer,
    'verification_uri' in answer ? 'verification_uri' : 'verification_url',
  )
  show({ userCode: textIn(answer, 'user_code'), verificationUri, expiresAt })
  let interval = secondsIn(answer.interval, pauses)
  for (let polls = 0; polls < mostPolls && clock.now() < expiresAt; polls++) {
    await delay(interval * 1000, undefined, { signal })
    const outcome = await poll(settings, deviceCode, clock)
    if (typeof outcome !== 'string') return outcome
    if (outcome === 'slow_down') interval += slowDownBy
  }
  throw new PermanentError('the code expired before anybody signed in: run replyd auth again')
}

async function poll(settings: OAuth2Settings, deviceCode: string, clock: Clock): Promise<Grant | string> {
  try {
    const fields = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode }
    return grantFrom(await post(settings, settings.tokenUrl, fields), clock.now(), null)
  } catch (error) {
    // After a lost answer poll again.
    if (error instanceof TemporaryError) return 'authorization_pending'
    if (!(error instanceof RefusedByProvider)) throw error
    if (error.code === 'authorization_pending' || error.code === 'slow_down') return error.code
    throw new PermanentError(`the sign-in was refused: ${error.message}`, { cause: error })
  }
}

function textIn(answer: Record<string, unknown>, name: string): string {
  const value = answer[name]
  if (typeof value !== 'string') throw new TemporaryError(`sign-in: the provider gave no ${name}`)
  return value
}
