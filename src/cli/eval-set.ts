/** `replyd eval SET`: a folder of mails, replies and slips through the daemon's own functions. */
import { statSync } from 'node:fs'
import { readSet } from '../eval/set/read.ts'
import { openRecorded } from '../eval/set/recorded.ts'
import { checkReply, composedOf, runMail, writeReply } from '../eval/set/run.ts'
import { loadPrompts } from '../model/prompts.ts'
import type { EvalCommand } from './eval-cases.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

export function isSet(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

export async function evaluateSet(
  directory: string,
  options: EvalCommand,
  terminal: Terminal,
): Promise<ExitStatus> {
  const set = readSet(directory, terminal.environment)
  const prompts = loadPrompts(set.account.prompts)
  const recorded = openRecorded(options.answers ? [options.answers] : [], options.record ?? null)
  const run = { set, prompts, ask: recorded.ask }
  const mails = new Map<string, Awaited<ReturnType<typeof runMail>>>()
  for (const mail of set.mails) {
    const done = await runMail(run, mail)
    mails.set(mail.expectation.file, done)
    const composed = await writeReply(run, done)
    if (composed?.answer) await checkReply(run, done, composed.answer.value)
  }
  for (const reply of set.replies) {
    const done = mails.get(reply.file)
    if (done) await checkReply(run, done, composedOf(reply))
  }
  for (const [task, hashes] of recorded.missing)
    await writeLine(terminal.stdout, `${task}: ${hashes.size} missing`)
  return recorded.missing.size > 0 ? 1 : 0
}
