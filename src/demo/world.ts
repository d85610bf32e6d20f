/** What the demo's daemon runs on: mailbox, knowledge, and a configuration read the same way as an owner's. */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../base/clock.ts'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import type { DemoMailbox } from './mailbox.ts'
import { demoOwner, type EarlierMail, type Sample } from './sample.ts'
import { automaticSamples } from './samples-automatic.ts'
import { personalSamples } from './samples-personal.ts'
import { type StandIn, standInModel } from './stand-in.ts'

export const demoLogin = { user: 'support', password: 'only-for-the-demo' }

export interface World {
  config: Config
  samples: readonly Sample[]
  /** True when the offline stand-in answers. */
  offline: boolean
}

interface Parts {
  directory: string
  mailbox: DemoMailbox
  standIn: StandIn | null
  environment: NodeJS.ProcessEnv
}

/** Writes replyd.yaml and the knowledge folder into the directory, and the earlier mail into the mailbox. */
export async function buildWorld(parts: Parts): Promise<World> {
  const { directory, mailbox, standIn, environment } = parts
  await mkdir(directory, { recursive: true })
  await writeKnowledge(join(directory, 'knowledge'))
  const path = join(directory, 'replyd.yaml')
  await writeFile(path, stringify(document(parts)))
  const config = loadConfig({
    path,
    environment: realModelOnly(environment, standIn),
    readFile: (file) => readFileSync(file, 'utf8'),
  })
  const { earlier, samples } = sampleWorld(systemClock.now())
  for (const { octets, flags, mailbox: place } of earlier) await mailbox.deliver(octets, flags, place)
  return { config, samples, offline: standIn !== null }
}

function document({ mailbox, standIn }: Parts) {
  const { address, displayName, authservId } = demoOwner
  const model = standIn
    ? { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', concurrency: 10 }
    : {}
  return {
    accounts: [
      {
        address,
        name: displayName,
        authservIds: [authservId],
        imap: { ...mailbox.imap, secure: false, ...demoLogin },
        smtp: { ...mailbox.smtp, secure: false },
        since: 'all',
      },
    ],
    model,
    knowledge: './knowledge',
    web: { port: 0 },
    state: { directory: './data' },
  }
}

/** The demo has its own mailbox and state; only the model is taken from the owner's environment. */
function realModelOnly(environment: NodeJS.ProcessEnv, standIn: StandIn | null): NodeJS.ProcessEnv {
  if (standIn) return {}
  const { OPENAI_API_KEY, OPENAI_BASE_URL, REPLYD_MODEL } = environment
  return { OPENAI_API_KEY, OPENAI_BASE_URL, REPLYD_MODEL }
}

interface SampleWorld {
  earlier: readonly EarlierMail[]
  samples: readonly Sample[]
}

/**
 * A small shop's morning mailbox, and what should happen to each mail.
 * @param now the mail is some minutes to some days older
 */
export function sampleWorld(now: Date): SampleWorld {
  const { earlier, samples } = personalSamples(now, demoOwner)
  return { earlier, samples: interleaved(samples, automaticSamples(now, demoOwner)) }
}

/** Alternates, so that the screen shows some of everything from the start. */
function interleaved(some: readonly Sample[], others: readonly Sample[]): Sample[] {
  const longer = Math.max(some.length, others.length)
  return Array.from({ length: longer }, (_, at) => [some[at], others[at]])
    .flat()
    .filter((sample) => sample !== undefined)
}

/** The knowledge of the owner, a bicycle shop: file name to Markdown. */
const knowledgeFiles: Readonly<Record<string, string>> = {
  'opening-hours.md': `# Opening hours

The shop is open Tuesday to Friday from 10:00 to 18:00 and on Saturday from 10:00 to 14:00. We are closed on Sunday and Monday.

# Collecting a repair

A repaired bicycle can be collected during opening hours, on Saturday too. You can pay in the shop by card or in cash. Please bring the repair number.
`,
  'returns.md': `# Returns and refunds

Goods can be returned within 30 days of delivery. The refund goes to the means of payment that was used for the order, once the goods have been checked.

# Damaged on arrival

If a parcel or a bicycle arrives damaged or broken, send us the order number and a photo of the damage. We replace damaged parts at no cost.
`,
  'warranty.md': `# Warranty on frames

Frames have a warranty of 5 years against cracks and faulty welds. Scratches in the paint and wear are not covered by the warranty.
`,
  'de-oeffnungszeiten.md': `# Öffnungszeiten

Der Laden ist dienstags bis freitags von 10:00 bis 18:00 Uhr und samstags von 10:00 bis 14:00 Uhr geöffnet. Sonntags und montags ist geschlossen.

# Probefahrt

Eine Probefahrt ist während der Öffnungszeiten ohne Termin möglich. Bitte bringen Sie einen Ausweis mit.
`,
  'fr-livraison.md': `# Livraison en Belgique et en France

Nous livrons en Belgique et en France. Les frais de livraison sont de 29 euros pour un vélo et de 6 euros pour les accessoires.
`,
  'ja-shipping.md': `# 日本への発送

部品とアクセサリーは日本へ発送できます。日本への送料は 35 ユーロです。完成車は日本へは発送していません。
`,
}

/** Writes the files into a directory, which is created if necessary. @returns their paths */
export async function writeKnowledge(directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  return Promise.all(
    Object.entries(knowledgeFiles).map(async ([name, content]) => {
      const path = join(directory, name)
      await writeFile(path, content)
      return path
    }),
  )
}
