/** The demo's mail: a small shop's morning mailbox, and what should happen to each mail. */
import { demoOwner, type EarlierMail, type Sample } from './sample.ts'
import { automaticSamples } from './samples-automatic.ts'
import { personalSamples } from './samples-personal.ts'

export { demoOwner, type EarlierMail, type Sample } from './sample.ts'

export interface SampleWorld {
  earlier: readonly EarlierMail[]
  samples: readonly Sample[]
}

/** @param now the mail is some minutes to some days older */
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
