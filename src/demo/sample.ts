import type { Disposition } from '../base/dispositions.ts'

export interface Sample {
  /** A short name for tests and the summary. */
  name: string
  octets: Buffer
  expect: {
    disposition: Disposition
    /** The reason code, if the mail alone settles it. */
    reason?: string
  }
}

/** Already in a mailbox before the daemon starts. */
export interface EarlierMail {
  mailbox: string
  octets: Buffer
  flags: readonly string[]
}

/** A fictional bicycle shop. */
export const demoOwner = {
  address: 'support@nordlicht.example',
  displayName: 'Nordlicht Bikes',
  /** Of the server that writes Authentication-Results into the samples. */
  authservId: 'mail.nordlicht.example',
} as const

export type DemoOwner = typeof demoOwner
