/** Answers of `replyd init`, kept until it has written its files: nobody types anything twice after a Ctrl+C. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const answersFile = '.replyd-init.json'

/** How an answer is shown later. */
export interface Shown {
  question: string
  hidden: boolean
}

export class Memory {
  readonly path: string
  readonly #answers = new Map<string, string>()
  readonly #shown = new Map<string, Shown>()
  /** Answers that turned out to be wrong: they are only proposed. */
  readonly #doubted = new Set<string>()
  /** Whether an earlier init left something. */
  readonly resumed: boolean

  /** @param fresh forgets what an earlier init left */
  constructor(path: string, fresh: boolean) {
    this.path = path
    if (fresh) this.forget()
    this.#read()
    this.resumed = this.#answers.size > 0
  }

  /** The answer to that question, unless it is doubted. */
  settled(key: string): string | null {
    return this.#doubted.has(key) ? null : (this.#answers.get(key) ?? null)
  }

  /** The last answer to that question, right or wrong. */
  last(key: string): string | null {
    return this.#answers.get(key) ?? null
  }

  /** @param shown null: it is not in the list of answers */
  keep(key: string, answer: string, shown: Shown | null = null): void {
    this.#answers.set(key, answer)
    if (shown !== null) this.#shown.set(key, shown)
    this.#doubted.delete(key)
    this.#write()
  }

  /** The answers that hold, in the order in which they were given. A secret is null, but not an empty one. */
  answered(): { question: string; answer: string | null }[] {
    return [...this.#shown]
      .filter(([key]) => this.settled(key) !== null)
      .map(([key, { question, hidden }]) => {
        const answer = this.settled(key)
        return { question, answer: hidden && answer !== '' ? null : answer }
      })
  }

  /** @param beginning of the keys; absent: all */
  doubtAll(beginning = ''): void {
    for (const key of this.#answers.keys()) if (key.startsWith(beginning)) this.#doubted.add(key)
    this.#write()
  }

  /** It did not work: the question is asked again, with this answer as the proposal. */
  doubt(key: string): void {
    if (!this.#answers.has(key)) return
    this.#doubted.add(key)
    this.#write()
  }

  forget(): void {
    rmSync(this.path, { force: true })
  }

  #read(): void {
    try {
      const { answers, doubted, shown = {} } = JSON.parse(readFileSync(this.path, 'utf8'))
      for (const [key, answer] of Object.entries(answers)) this.#answers.set(key, String(answer))
      for (const [key, { question, hidden }] of Object.entries<Shown>(shown))
        this.#shown.set(key, { question: String(question), hidden: hidden !== false })
      for (const key of doubted) this.#doubted.add(String(key))
    } catch {
      // There is none, or it is damaged: then everything is asked.
    }
  }

  /** It holds passwords, so only its owner may read it. */
  #write(): void {
    mkdirSync(dirname(this.path), { recursive: true })
    const kept = {
      answers: Object.fromEntries(this.#answers),
      doubted: [...this.#doubted],
      shown: Object.fromEntries(this.#shown),
    }
    writeFileSync(this.path, JSON.stringify(kept), { mode: 0o600 })
  }
}
