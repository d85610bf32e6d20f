/** What a person added to drafts, offered as facts of the knowledge: accepted or declined one by one. */
import type { Offer } from '../../review/offers.ts'
import { Action, Token, When } from '../layout.tsx'
import { FactFields, type TeachView } from './teach-page.tsx'

/** An offer that could not be accepted as it was typed, and why. */
export interface TypedOffer {
  id: string
  question: string
  fact: string
  fault: string
}

interface Props {
  teach: TeachView
  offers: readonly Offer[]
  typed: TypedOffer | null
}

export function Offers({ teach, offers, typed }: Props) {
  if (offers.length === 0) return null
  return (
    <section class="card block offers" aria-labelledby="offers">
      <h2 id="offers">You added this to drafts</h2>
      <p class="meta">Accept what is true for everybody, and every reply can state it.</p>
      <ul class="lessons">
        {offers.map((offer) => (
          <OneOffer teach={teach} offer={offer} typed={typed?.id === offer.id ? typed : null} />
        ))}
      </ul>
    </section>
  )
}

function OneOffer({ teach: { view }, offer, typed }: Omit<Props, 'offers'> & { offer: Offer }) {
  const { id, question, fact, personal, mail, editedBy, at } = offer
  const to = `/teach/offers/${encodeURIComponent(id)}`
  return (
    <li>
      <form method="post" action={`${to}/accept`} class="stack">
        <Token view={view} />
        <input type="hidden" name="account" value={offer.account} />
        <FactFields
          question={typed?.question ?? question}
          fact={typed?.fact ?? fact}
          fault={typed?.fault ?? null}
          label="Fact"
          rows={2}
          doubted={personal}
        />
        <p class="meta">
          <When at={at} view={view} /> · {editedBy ?? 'you, in your mail client'} ·{' '}
          <a href={`/mails/${mail.id}`} dir="auto">
            {mail.subject || '(no subject)'}
          </a>
        </p>
        <button type="submit">Accept</button>
      </form>
      <Action view={view} to={`${to}/decline`} label="Decline">
        <input type="hidden" name="account" value={offer.account} />
      </Action>
    </li>
  )
}
