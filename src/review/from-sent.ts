/** What `replyd learn` found in sent mail: each is accepted into the knowledge, as it stands or corrected, or removed. */
import { type LearnedProposal, listLearned, settleLearned } from '../knowledge/learned.ts'
import { Refusal, type Review } from './review.ts'
import { type Begun, beginTeaching } from './teach.ts'

export type { LearnedProposal } from '../knowledge/learned.ts'

/** The proposals of an account, those from most mails first. */
export const foundInSent = ({ context }: Pick<Review, 'context'>, account: string): LearnedProposal[] =>
  listLearned(context.config.state.directory).filter((each) => each.account === account)

/** Teaches it: see `beginTeaching`. @throws Refusal `unknown-proposal` and those of teaching */
export async function acceptFound(
  review: Review,
  id: string,
  given: { account: string; question: string; fact: string; by: string; confirmed: boolean },
): Promise<Begun> {
  const proposal = find(review, given.account, id)
  const begun = await beginTeaching(review, { ...given, by: `${given.by}, from sent mail` })
  settleLearned(review.context.config.state.directory, proposal)
  return begun
}

/** It is not proposed again. @throws Refusal `unknown-proposal` */
export function rejectFound(review: Pick<Review, 'context'>, account: string, id: string): void {
  settleLearned(review.context.config.state.directory, find(review, account, id))
}

function find(review: Pick<Review, 'context'>, account: string, id: string): LearnedProposal {
  const found = foundInSent(review, account).find((each) => each.id === id)
  if (found === undefined) throw new Refusal('unknown-proposal')
  return found
}
