/** What a form and an API call may ask for, by the last word of the path. */
import { approve, cancel } from '../review/approve.ts'
import { edit } from '../review/edit.ts'
import { reject, reopen } from '../review/reject.ts'
import { restore } from '../review/restore.ts'
import type { Review } from '../review/review.ts'
import { rewrite } from '../review/rewrite.ts'
import { holdAgain, markSent } from '../review/uncertain.ts'

export interface Fields {
  /** Version of the text that the person saw. */
  seen?: string
  text?: string
  instruction?: string
}

type Act = (review: Review, id: string, actor: string, fields: Fields) => Promise<unknown>

export const actions: Readonly<Record<string, { act: Act; done: string }>> = {
  approve: {
    act: (review, id, actor, { seen }) => approve(review, id, actor, seen),
    done: 'Approved.',
  },
  cancel: { act: (review, id, actor) => cancel(review, id, actor), done: 'Taken back: nothing was sent.' },
  edit: {
    act: (review, id, actor, { text, seen }) => edit(review, id, actor, text ?? '', seen),
    done: 'Saved.',
  },
  reject: {
    act: (review, id, actor, { seen }) => reject(review, id, actor, seen),
    done: 'Rejected: nothing is sent.',
  },
  reopen: { act: (review, id, actor) => reopen(review, id, actor), done: 'It waits again.' },
  rewrite: {
    act: (review, id, actor, { instruction, seen }) => rewrite(review, id, actor, instruction ?? '', seen),
    done: 'It is being written again.',
  },
  sent: { act: (review, id, actor) => markSent(review, id, actor), done: 'Noted as sent.' },
  hold: { act: (review, id, actor) => holdAgain(review, id, actor), done: 'It waits again.' },
  restore: {
    act: (review, id, actor) => restore(review, id, actor),
    done: 'Restored, and its sender is trusted from now on.',
  },
}
