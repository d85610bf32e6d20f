import type { Disposition } from '../base/dispositions.ts'

export interface Sample {
  /** A short name for tests and the summary. */
  name: string
  octets: Buffer
  expect: {
    disposition: Disposition
    /** The named reason, where the mail alone settles it. */
    reason?: string
  }
}

/** Lies in a mailbox before the daemon starts. */
export interface EarlierMail {
  mailbox: string
  octets: Buffer
  flags: readonly string[]
}

/** A bicycle shop that nobody has. */
export const demoOwner = {
  address: 'support@nordlicht.example',
  displayName: 'Nordlicht Bikes',
  /** Of the server that writes Authentication-Results into the samples. */
  authservId: 'mail.nordlicht.example',
} as const

export type DemoOwner = typeof demoOwner
