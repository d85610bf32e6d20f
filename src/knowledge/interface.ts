/** What the steps and the pages ask of an account's reference texts; knowledge.ts answers. */
import type { KnowledgeFile, SourcePage } from './folder-files.ts'
import type { Outline } from './folder-outline.ts'

/** Each step looks at the folder once, when it begins; its later queries may reuse that result. Milliseconds. */
export const recently = 250

export interface Passage {
  /** Relative to the folder, with `/`. */
  file: string
  /** Headings above it, joined by ` > `; empty for none. */
  heading: string
  text: string
  /** Higher is better; 0 if the whole folder is given. */
  score: number
  /** Only for a web page. */
  page?: SourcePage
}

export interface Wanted {
  /** Search phrases, questions of the mail, its subject: short texts, all with equal weight. Read only for a search. */
  queries: readonly string[]
  /** Rough tokens. */
  tokens: number
  /** A folder of at most this many rough tokens is given in full, without a search. */
  whole: number
  /** How long ago the folder may have been looked at, milliseconds; when absent, it is looked at now. */
  withinMs?: number
}

export interface Knowledge {
  /** The whole folder if it is small, otherwise the best matching passages that fit. In the folder's order. */
  find(wanted: Wanted): Passage[]
  /** Passages that a source label names: `file > heading`, the file alone, or the last heading. */
  named(label: string): Passage[]
  readonly outline: Outline
  /** Rough tokens of the whole folder, headings included. */
  readonly tokens: number
  /** Hash of the files as of the last search, 16 hex digits: stored with each reply. */
  readonly hash: string
  readonly size: number
  /**
   * Looks at the folder, and resolves when every document in it is converted or given up. Never rejects.
   * @param withinMs as in Wanted
   */
  settled(withinMs?: number): Promise<void>
  /** Every file, also those that are left out. */
  files(): KnowledgeFile[]
  close(): void
}
