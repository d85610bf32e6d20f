/** The questions about shipping whose answer the knowledge lacks until it is taught. */
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'

export const shippingFact = (country: string) => `Shipping to ${country} costs 12 euros.`

function about(country: string, prompt: string) {
  const ask = `shipping costs to ${country}`
  const known = prompt.includes(shippingFact(country))
  return {
    text: known ? shippingFact(country) : 'I shall find out and come back to you.',
    language: 'en',
    answers: [{ ask, answered: known, source: known ? 'Shipping costs' : null }],
    missing: known ? [] : [ask],
    confidence: 0.9,
    needs_person: false,
  }
}

/** A stand-in that lacks the price when a mail asks about shipping or parcels to a country. */
export function startShippingStandIn(): Promise<StandIn> {
  return startStandIn({
    behaviour: ({ question, body }) => {
      const prompt = JSON.stringify(body.messages)
      const country = /(?:shipping|parcels) to (\w+)(?: cost)?\?/.exec(
        prompt.slice(prompt.lastIndexOf('MAIL')),
      )?.[1]
      return question.task === 'compose' && country
        ? { content: JSON.stringify(about(country, prompt)) }
        : undefined
    },
  })
}
