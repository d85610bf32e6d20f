/** The commands by purpose, each in one line, for the help, the completion and the man page. */
import type { Command } from 'commander'

/** In the order in which an owner meets them. Every command belongs to one group. */
export const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Start here': {
    init: 'set replyd up: find your mail servers, try everything',
    demo: 'see it work with sample mail, without a mailbox',
    doctor: 'check everything, and say how to fix it',
    start: 'watch the mailboxes and answer',
  },
  'Every day': {
    status: 'what works, and what waits for you',
    open: 'open the review page',
    replies: 'read, change, approve and reject replies',
    mails: 'look at mails, and at why each was answered or not',
    junk: 'look at mail that was filed as spam, and restore it',
    pause: 'stop all sending, for one account or all',
    resume: 'resume sending',
  },
  'What replies may say': {
    knowledge: 'the documents that replies rest on; try a question',
    teach: 'what replies were missing; tell replyd once',
    learn: 'proposals from the mail that you sent',
    lookups: 'facts from your own systems; try a text',
    mcp: 'connect an assistant (Model Context Protocol)',
  },
  'Watch over it': {
    logs: 'what replyd did',
    usage: 'what the model cost',
    autonomy: 'what is sent automatically, and how that is earned',
    audit: 'compare the mailboxes with the record of every mail',
    explain: 'what would happen to saved mails, offline',
    eval: 'measure judgement on labelled mail',
    backtest: 'what it would have written to mail that you answered',
  },
  'Set up': {
    config: 'print the configuration as it is understood',
    reload: 'have a running replyd read the configuration again',
    service: 'run it in the background',
    auth: 'sign in with a provider that requires OAuth2',
    people: 'who may log in to the review page',
    password: 'make the hash of a password for the review page',
    totp: 'make a second factor for the review page',
    token: 'tokens for programs that use the API',
    completion: 'print the completion for a shell',
    man: 'print the manual: replyd man | man -l -',
  },
  'Keep and remove': {
    backup: 'write all state into one file',
    restore: 'read a backup into an empty store',
    forget: 'remove the stored text of a correspondent',
  },
}

/** Sorts the commands of the program by group, and gives each its group and its line. */
export function grouped(program: Command): Command {
  const lines = Object.entries(groups).flatMap(([heading, commands]) =>
    Object.entries(commands).map(([name, line]) => ({ heading, name, line })),
  )
  const place = (command: Command) => lines.findIndex(({ name }) => name === command.name())
  // Commander lists commands as they were added; sorting its own list is the only way to another order.
  const commands = program.commands as Command[]
  commands.sort((one, other) => place(one) - place(other))
  for (const command of commands) {
    const { heading, line } = lines[place(command)] ?? { heading: 'Commands', line: '' }
    command.helpGroup(`${heading}:`).summary(line)
  }
  return program
}

/** `teach [question]`: options are in the help of the command. */
export const termOf = (command: Command): string =>
  [command.name(), ...command.registeredArguments.map(termOfArgument)].join(' ')

const termOfArgument = (argument: Command['registeredArguments'][number]): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}
