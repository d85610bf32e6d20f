import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../base/errors.ts'

/** The name for standard input. */
export const standardInput = '-'

export type FoundFile = { path: string } | { path: string; fault: string }

/** Names of single mails: .eml, and those in a Maildir (`1700000000.M1P2.host:2,S`, in the folders cur and new). */
const mailName = /\.eml$|:2,[A-Za-z]*$|^\d{9,}\.[^/]+\.[^/]+$/i

/** The named files; for a folder, the mails below it, sorted by name. */
export function* mailFiles(paths: readonly string[]): Generator<FoundFile> {
  for (const path of paths) {
    if (path === standardInput) {
      yield { path }
      continue
    }
    try {
      if (!statSync(path).isDirectory()) {
        yield { path }
        continue
      }
      const names = readdirSync(path, { recursive: true, withFileTypes: true })
      const mails = names.filter((entry) => entry.isFile() && mailName.test(entry.name))
      if (mails.length === 0)
        yield { path, fault: 'there is no mail in this folder (files that end in .eml)' }
      for (const mail of mails.map((entry) => join(entry.parentPath, entry.name)).sort()) yield { path: mail }
    } catch (error) {
      yield { path, fault: readFailure(error) }
    }
  }
}

/** Why a file can't be read, as text. */
export function readFailure(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'is a folder',
  }
  const code: unknown = Reflect.get(Object(error), 'code')
  return (typeof code === 'string' ? words[code] : undefined) ?? reasonOf(error)
}
