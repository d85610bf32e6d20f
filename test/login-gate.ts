import { loginRateLimiterOf } from '../src/base/login-rate.ts'

export interface CountedGate {
  /** Number of logins the gate has allowed. */
  passes: number
}

/** Lets the logins of an account through at once and counts them. A separate test covers the gate's interval. */
export function countLogins(settings: object): CountedGate {
  const gate = loginRateLimiterOf(settings)
  const counted = { passes: 0 }
  gate.pass = async (signal) => {
    signal?.throwIfAborted()
    counted.passes += 1
  }
  return counted
}
