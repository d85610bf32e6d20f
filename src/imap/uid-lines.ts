/** Questions about single mails of a mailbox that come at the same time share one command. */
import { Together } from '../base/batcher.ts'

export class UidLines {
  readonly #lines = new Map<string, Together<number, unknown>>()

  /**
   * @param name tells what is asked, and where; the same name means the same command
   * @param ask answers for all these UIDs, in their order
   */
  ask<T>(name: string, uid: number, ask: (uids: readonly number[]) => Promise<T[]>): Promise<T> {
    const line = this.#lines.get(name) ?? new Together<number, unknown>(ask)
    this.#lines.set(name, line)
    return line.ask(uid) as Promise<T>
  }
}
